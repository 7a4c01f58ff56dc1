#include "tests/end_to_end/front_door/real_clients.h"

namespace real_clients {
namespace {

const Sent kRequests[] = {
    {"curl 7.88",
     "GET / HTTP/1.1\r\n"
     "Host: a\r\n"
     "User-Agent: curl/7.88.1\r\n"
     "Accept: */*\r\n\r\n"},
    {"curl --http1.0",
     "GET / HTTP/1.0\r\n"
     "Host: a\r\n"
     "User-Agent: curl/7.88.1\r\n"
     "Accept: */*\r\n\r\n"},
    {"curl -d",
     "POST /tasks/primes HTTP/1.1\r\n"
     "Host: a\r\n"
     "User-Agent: curl/8.5.0\r\n"
     "Accept: */*\r\n"
     "Content-Type: application/json\r\n"
     "Content-Length: 12\r\n\r\n"
     "{\"limit\":10}"},
    {"curl -T - (chunked)",
     "POST /tasks/primes HTTP/1.1\r\n"
     "Host: a\r\n"
     "User-Agent: curl/8.5.0\r\n"
     "Accept: */*\r\n"
     "Transfer-Encoding: chunked\r\n"
     "Content-Type: application/json\r\n\r\n"
     "c\r\n{\"limit\":10}\r\n0\r\n\r\n"},
    {"wget",
     "GET / HTTP/1.1\r\n"
     "Host: a\r\n"
     "User-Agent: Wget/1.21.3\r\n"
     "Accept: */*\r\n"
     "Accept-Encoding: identity\r\n"
     "Connection: Keep-Alive\r\n\r\n"},
    {"wget 1.0 era",
     "GET / HTTP/1.0\r\n"
     "User-Agent: Wget/1.10.2\r\n"
     "Accept: */*\r\n"
     "Host: a\r\n"
     "Connection: Keep-Alive\r\n\r\n"},
    {"Python urllib",
     "GET / HTTP/1.1\r\n"
     "Accept-Encoding: identity\r\n"
     "Host: a\r\n"
     "User-Agent: Python-urllib/3.11\r\n"
     "Connection: close\r\n\r\n"},
    {"Python requests",
     "POST /tasks/primes HTTP/1.1\r\n"
     "Host: a\r\n"
     "User-Agent: python-requests/2.31.0\r\n"
     "Accept-Encoding: gzip, deflate, br\r\n"
     "Accept: */*\r\n"
     "Connection: keep-alive\r\n"
     "Content-Length: 13\r\n"
     "Content-Type: application/json\r\n\r\n"
     "{\"limit\": 10}"},
    {"Python httpx",
     "GET / HTTP/1.1\r\n"
     "Host: a\r\n"
     "Accept: */*\r\n"
     "Accept-Encoding: gzip, deflate\r\n"
     "Connection: keep-alive\r\n"
     "User-Agent: python-httpx/0.27.0\r\n\r\n"},
    {"Python aiohttp",
     "POST /tasks/primes HTTP/1.1\r\n"
     "Host: a\r\n"
     "Accept: */*\r\n"
     "Accept-Encoding: gzip, deflate\r\n"
     "User-Agent: Python/3.11 aiohttp/3.9.1\r\n"
     "Content-Length: 13\r\n"
     "Content-Type: application/json\r\n\r\n"
     "{\"limit\": 10}"},
    {"Node http",
     "GET / HTTP/1.1\r\n"
     "Host: a\r\n"
     "Connection: keep-alive\r\n\r\n"},
    {"Node fetch (undici)",
     "POST /tasks/primes HTTP/1.1\r\n"
     "host: a\r\n"
     "connection: keep-alive\r\n"
     "content-type: application/json\r\n"
     "accept: */*\r\n"
     "accept-language: *\r\n"
     "sec-fetch-mode: cors\r\n"
     "user-agent: node\r\n"
     "accept-encoding: gzip, deflate\r\n"
     "content-length: 12\r\n\r\n"
     "{\"limit\":10}"},
    {"axios",
     "POST /tasks/primes HTTP/1.1\r\n"
     "Accept: application/json, text/plain, */*\r\n"
     "Content-Type: application/json\r\n"
     "User-Agent: axios/1.6.2\r\n"
     "Content-Length: 12\r\n"
     "Accept-Encoding: gzip, compress, deflate, br\r\n"
     "Host: a\r\n"
     "Connection: keep-alive\r\n\r\n"
     "{\"limit\":10}"},
    {"Go net/http",
     "POST /tasks/primes HTTP/1.1\r\n"
     "Host: a\r\n"
     "User-Agent: Go-http-client/1.1\r\n"
     "Content-Length: 12\r\n"
     "Content-Type: application/json\r\n"
     "Accept-Encoding: gzip\r\n\r\n"
     "{\"limit\":10}"},
    {"Go net/http, of unknown length",
     "POST /tasks/primes HTTP/1.1\r\n"
     "Host: a\r\n"
     "User-Agent: Go-http-client/1.1\r\n"
     "Transfer-Encoding: chunked\r\n"
     "Content-Type: application/json\r\n"
     "Accept-Encoding: gzip\r\n\r\n"
     "c\r\n{\"limit\":10}\r\n0\r\n\r\n"},
    {"Java HttpClient, which offers h2c",
     "GET / HTTP/1.1\r\n"
     "Connection: Upgrade, HTTP2-Settings\r\n"
     "Content-Length: 0\r\n"
     "Host: a\r\n"
     "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n"
     "Upgrade: h2c\r\n"
     "User-Agent: Java-http-client/17.0.9\r\n\r\n"},
    {"Java HttpURLConnection",
     "GET / HTTP/1.1\r\n"
     "User-Agent: Java/11.0.21\r\n"
     "Host: a\r\n"
     "Accept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2\r\n"
     "Connection: keep-alive\r\n\r\n"},
    {"OkHttp",
     "POST /tasks/primes HTTP/1.1\r\n"
     "Content-Type: application/json; charset=utf-8\r\n"
     "Content-Length: 12\r\n"
     "Host: a\r\n"
     "Connection: Keep-Alive\r\n"
     "Accept-Encoding: gzip\r\n"
     "User-Agent: okhttp/4.12.0\r\n\r\n"
     "{\"limit\":10}"},
    {"Apache HttpClient",
     "GET / HTTP/1.1\r\n"
     "Host: a\r\n"
     "Connection: Keep-Alive\r\n"
     "User-Agent: Apache-HttpClient/4.5.14 (Java/17.0.9)\r\n"
     "Accept-Encoding: gzip,deflate\r\n\r\n"},
    {".NET HttpClient",
     "POST /tasks/primes HTTP/1.1\r\n"
     "Host: a\r\n"
     "Transfer-Encoding: chunked\r\n"
     "Content-Type: application/json; charset=utf-8\r\n\r\n"
     "C\r\n{\"limit\":10}\r\n0\r\n\r\n"},
    {"Ruby Net::HTTP",
     "GET / HTTP/1.1\r\n"
     "Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3\r\n"
     "Accept: */*\r\n"
     "User-Agent: Ruby\r\n"
     "Host: a\r\n"
     "Connection: close\r\n\r\n"},
    {"PHP streams",
     "GET / HTTP/1.1\r\n"
     "Host: a\r\n"
     "Connection: close\r\n\r\n"},
    {"PHP Guzzle",
     "POST /tasks/primes HTTP/1.1\r\n"
     "Host: a\r\n"
     "User-Agent: GuzzleHttp/7\r\n"
     "Content-Type: application/json\r\n"
     "Content-Length: 12\r\n\r\n"
     "{\"limit\":10}"},
    {"Rust reqwest",
     "POST /tasks/primes HTTP/1.1\r\n"
     "content-type: application/json\r\n"
     "accept: */*\r\n"
     "host: a\r\n"
     "content-length: 12\r\n\r\n"
     "{\"limit\":10}"},
    {"Firefox",
     "GET / HTTP/1.1\r\n"
     "Host: a\r\n"
     "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
     "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
     "Accept-Language: en-US,en;q=0.5\r\n"
     "Accept-Encoding: gzip, deflate\r\n"
     "Connection: keep-alive\r\n"
     "Upgrade-Insecure-Requests: 1\r\n"
     "Priority: u=0, i\r\n\r\n"},
    {"Chromium",
     "GET /dashboard HTTP/1.1\r\n"
     "Host: a\r\n"
     "Connection: keep-alive\r\n"
     "sec-ch-ua: \"Chromium\";v=\"124\", \"Not-A.Brand\";v=\"99\"\r\n"
     "sec-ch-ua-mobile: ?0\r\n"
     "Upgrade-Insecure-Requests: 1\r\n"
     "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
     "Safari/537.36\r\n"
     "Accept: text/html,*/*;q=0.8\r\n"
     "Sec-Fetch-Site: none\r\n"
     "Sec-Fetch-Mode: navigate\r\n"
     "Sec-Fetch-User: ?1\r\n"
     "Sec-Fetch-Dest: document\r\n"
     "Accept-Encoding: gzip, deflate, br\r\n"
     "Cookie: a=b; c=\"d\"\r\n\r\n"},
    {"nginx as a proxy, by default",
     "GET / HTTP/1.0\r\n"
     "Host: a\r\n"
     "Connection: close\r\n"
     "User-Agent: curl/7.88.1\r\n"
     "Accept: */*\r\n\r\n"},
    {"HAProxy's check", "OPTIONS / HTTP/1.0\r\n\r\n"},
    {"kube-probe",
     "GET /healthz HTTP/1.1\r\n"
     "Host: 10.0.0.7:8080\r\n"
     "User-Agent: kube-probe/1.29\r\n"
     "Accept: */*\r\n"
     "Connection: close\r\n\r\n"},
    {"Amazon's load balancer",
     "GET /healthz HTTP/1.1\r\n"
     "Host: 10.0.0.7:8080\r\n"
     "Connection: close\r\n"
     "User-Agent: ELB-HealthChecker/2.0\r\n"
     "Accept-Encoding: gzip, compressed\r\n\r\n"},
    {"Prometheus",
     "GET /metrics HTTP/1.1\r\n"
     "Host: a\r\n"
     "User-Agent: Prometheus/2.45.0\r\n"
     "Accept: "
     "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/"
     "plain;version=0.0.4;q=0.5,*/*;q=0.1\r\n"
     "Accept-Encoding: gzip\r\n"
     "X-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n"},
    {"ApacheBench",
     "GET / HTTP/1.0\r\n"
     "Host: a\r\n"
     "User-Agent: ApacheBench/2.3\r\n"
     "Accept: */*\r\n\r\n"},
    {"wrk",
     "GET / HTTP/1.1\r\n"
     "Host: a\r\n\r\n"},
    {"HTTPie",
     "POST /tasks/primes HTTP/1.1\r\n"
     "Host: a\r\n"
     "User-Agent: HTTPie/3.2.2\r\n"
     "Accept: application/json, */*;q=0.5\r\n"
     "Accept-Encoding: gzip, deflate\r\n"
     "Connection: keep-alive\r\n"
     "Content-Type: application/json\r\n"
     "Content-Length: 13\r\n\r\n"
     "{\"limit\": 10}"},
    {"Postman",
     "POST /tasks/primes HTTP/1.1\r\n"
     "Content-Type: application/json\r\n"
     "User-Agent: PostmanRuntime/7.36.0\r\n"
     "Accept: */*\r\n"
     "Cache-Control: no-cache\r\n"
     "Postman-Token: 5a3c8a8e-0000-4000-8000-000000000000\r\n"
     "Host: a\r\n"
     "Accept-Encoding: gzip, deflate, br\r\n"
     "Connection: keep-alive\r\n"
     "Content-Length: 12\r\n\r\n"
     "{\"limit\":10}"},
};

}  // namespace

std::span<const Sent> requests() {
  return kRequests;
}

}  // namespace real_clients
