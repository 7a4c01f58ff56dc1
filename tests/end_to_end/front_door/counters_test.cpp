// Whoever runs into a limit is counted, under the word that the client was told.
#include <doctest/doctest.h>

#include <string>

#include "tests/end_to_end/front_door/plain_socket.h"
#include "tests/harness/http_client.h"
#include "tests/harness/running_server.h"

using namespace std::chrono_literals;
using front_door_test::PlainSocket;
using harness::HttpClient;
using harness::RunningServer;

namespace {

bool counts_one(const RunningServer& server, const std::string& sample) {
  return harness::eventually(5s, [&] {
    const auto metrics = HttpClient(server.port()).get("/metrics").body;
    return metrics.find("\n" + sample + " 1\n") != std::string::npos;
  });
}

bool counts_refusal(const RunningServer& server, const std::string& reason) {
  return counts_one(server, "cruncherd_http_problems_total{reason=\"" + reason + "\"}");
}

bool counts_closed(const RunningServer& server, const std::string& why) {
  return counts_one(server, "cruncherd_connections_closed_total{why=\"" + why + "\"}");
}

std::string refused(const RunningServer& server, const std::string& request) {
  HttpClient client(server.port());
  client.send(request);
  return client.read_response().json().at("reason");
}

const std::string kTask = "POST /tasks/spin HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";

}  // namespace

TEST_CASE("each refusal is counted by its reason") {
  RunningServer server({"--max-body", "1KiB", "--header-timeout", "300ms", "--body-timeout", "300ms"});
  const std::string long_text(20'000, 'x');
  for (const auto& [request, expected] : {
           std::pair{"GET / HTTP/1.1\r\n\r\n", "bad_request"},
           std::pair{"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "not_implemented"},
           std::pair{"GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", "expectation_failed"},
           std::pair{"GET / HTTP/1.1\r\nHo", "header_timeout"},
       }) {
    const std::string reason = expected;  // clang 14 lets no lambda hold a structured binding
    CHECK(refused(server, request) == reason);
    CHECK_MESSAGE(counts_refusal(server, reason), reason);
  }
  CHECK(refused(server, "GET /" + long_text) == "uri_too_long");
  CHECK(counts_refusal(server, "uri_too_long"));
  CHECK(refused(server, "GET / HTTP/1.1\r\nX-A: " + long_text) == "head_too_large");
  CHECK(counts_refusal(server, "head_too_large"));
  CHECK(refused(server, kTask + "Content-Length: 1025\r\n\r\n") == "body_too_large");
  CHECK(counts_refusal(server, "body_too_large"));
  CHECK(refused(server, kTask + "Content-Length: 9\r\n\r\n{") == "body_timeout");
  CHECK(counts_refusal(server, "body_timeout"));
}

TEST_CASE("connections that are closed without a word are counted by why") {
  RunningServer server({"--idle-timeout", "300ms"});
  HttpClient client(server.port());
  CHECK(client.closed_by_server());
  CHECK(counts_closed(server, "idle_timeout"));
}

TEST_CASE("a client that is closed since it never reads is counted") {
  RunningServer server({"--write-timeout", "300ms"});
  PlainSocket deaf(server.port(), {.receive_buffer = 4096});
  const std::string request = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n";
  std::string flood;
  while (flood.size() < 100'000) flood += request;
  deaf.send(flood);
  CHECK(counts_closed(server, "write_timeout"));
}

TEST_CASE("an address that has too many connections is counted") {
  RunningServer server({"--max-connections-per-ip", "2"});
  HttpClient one(server.port());
  CHECK(one.get("/").status == 200);
  HttpClient two(server.port());
  CHECK(two.get("/").status == 200);
  HttpClient three(server.port());
  CHECK(three.read_response().status == 503);
  two.close();
  // The counters are read over the first connection: there is room for it alone.
  CHECK(harness::eventually(5s, [&] {
    return one.get("/metrics").body.find("{reason=\"connections_per_ip\"} 1\n") != std::string::npos;
  }));
}
