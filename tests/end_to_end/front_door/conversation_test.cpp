// What a table of requests cannot show: clients that wait, listen, hang up halfway, or go on talking.
#include <doctest/doctest.h>

#include <string>

#include "tests/end_to_end/front_door/plain_socket.h"
#include "tests/harness/http_client.h"
#include "tests/harness/running_server.h"

using front_door_test::PlainSocket;
using harness::HttpClient;
using harness::RunningServer;

namespace {

const std::string kTask = "POST /tasks/spin HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
const std::string kContent = R"({"CPUTimeMs":-1})";

}  // namespace

TEST_CASE("100 (Continue) comes before the content, and the answer after it") {
  RunningServer server;
  HttpClient client(server.port());
  for (const std::string framing : {"Content-Length: 16\r\n", "Transfer-Encoding: chunked\r\n"}) {
    client.send(kTask + "Expect: 100-continue\r\n" + framing + "\r\n");
    CHECK(client.read_response().status == 100);
    client.send(framing.starts_with("T") ? "10\r\n" + kContent + "\r\n0\r\n\r\n" : kContent);
    CHECK(client.read_response().status == 422);
  }
}

TEST_CASE("a client that asks before it sends is refused without a 100 where the head says enough") {
  RunningServer server({"--max-body", "1KiB"});
  const auto asked = [&](const std::string& head) {
    HttpClient client(server.port());
    client.send(head + "Expect: 100-continue\r\n\r\n");
    const auto answer = client.read_response();
    CHECK(answer.field("Connection") == "close");
    CHECK(client.closed_by_server());
    return answer.status;
  };
  CHECK(asked(kTask + "Content-Length: 1025\r\n") == 413);
  CHECK(asked("POST /tasks/spin HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n") ==
        415);
  CHECK(asked("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n") == 404);
}

TEST_CASE("a client that has sent all it will still gets its light answers") {
  RunningServer server;
  HttpClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  client.half_close();
  CHECK(client.read_response().status == 200);
  CHECK(client.read_response().status == 200);
  CHECK(client.closed_by_server());
}

TEST_CASE("--half-closed stay: a client that has sent all it will gets its heavy answers, too") {
  RunningServer server({"--half-closed", "stay"});
  HttpClient client(server.port());
  client.send("GET /non-blocking?CPUTimeMs=100 HTTP/1.1\r\nHost: a\r\n\r\n");
  client.half_close();
  CHECK(client.read_response().status == 200);
  CHECK(client.closed_by_server());
}

TEST_CASE("who asks to keep the connection is told for how long") {
  RunningServer server;
  HttpClient client(server.port());
  CHECK(!client.get("/").has("Keep-Alive"));
  const auto asked = client.get("/", {{"Connection", "keep-alive"}});
  CHECK(asked.field("Connection") == "keep-alive");
  CHECK(asked.field("Keep-Alive") == "timeout=75");
  const auto last = client.get("/", {{"Connection", "keep-alive, close"}});
  CHECK(last.field("Connection") == "close");
  CHECK(!last.has("Keep-Alive"));
}

TEST_CASE("a client that leaves in the midst of its content has a line in the log") {
  RunningServer server;
  HttpClient client(server.port());
  client.send(kTask + "X-Request-Id: half\r\nContent-Length: 16\r\n\r\n{");
  SUBCASE("that it sends at once") {
    client.close();
  }
  SUBCASE("that it was asked for") {
    HttpClient asked(server.port());
    asked.send(kTask + "X-Request-Id: half\r\nExpect: 100-continue\r\nContent-Length: 16\r\n\r\n");
    CHECK(asked.read_response().status == 100);
    asked.reset();
  }
  CHECK(server.logs("id=half"));
  CHECK(server.logs("path=/tasks/spin status=499 reason=client_gone"));
}

TEST_CASE("a request whose second half never comes is not answered as if it were whole") {
  RunningServer server;
  for (const std::string& half :
       {std::string("GET / HTTP/1.1\r\nHost: a\r\n"), kTask + "Content-Length: 16\r\n\r\n{",
        kTask + "Transfer-Encoding: chunked\r\n\r\n10\r\n" + kContent}) {
    HttpClient client(server.port());
    client.send(half);
    client.half_close();
    const auto answer = client.try_read_response();
    CHECK((!answer || answer->status == 400));
    CHECK(client.closed_by_server());
  }
}

TEST_CASE("a refusal reaches a client that is still sending, and is not overtaken by a reset") {
  RunningServer server({"--max-body", "1KiB"});
  const std::string rest(1'000'000, 'x');
  for (int round = 0; round < 20; ++round) {
    HttpClient client(server.port());
    client.send(kTask + "Content-Length: 1000000\r\n\r\n" + rest);
    const auto answer = client.read_response();
    CHECK(answer.status == 413);
    CHECK(answer.json().at("reason") == "body_too_large");
    CHECK(client.closed_by_server());
  }
}

TEST_CASE("a client cannot say who it is: REMOTE_ADDR never stands for the peer's address") {
  RunningServer server({"--log-level", "debug"});
  HttpClient client(server.port());
  client.get("/", {{"X-Request-Id", "impostor"},
                   {"REMOTE_ADDR", "6.6.6.6"},
                   {"REMOTE_PORT", "666"},
                   {"LOCAL_ADDR", "6.6.6.6"},
                   {"LOCAL_PORT", "666"}});
  REQUIRE(server.logs("impostor"));
  CHECK(server.log().find("6.6.6.6") == std::string::npos);
  CHECK(server.log().find("127.0.0.1") != std::string::npos);
}

TEST_CASE("HEAD gets no content, whoever refuses it, and the log says what was asked") {
  RunningServer server({"--header-timeout", "300ms"});
  std::string fields;
  for (int i = 0; i < 101; ++i) fields += "X: y\r\n";
  const struct {
    std::string rest;
    std::string status;
  } heads[] = {{"Bad Field: y\r\n\r\n", "400"},
               {fields + "\r\n", "431"},
               {"\r\n", "400"},
               {"\r\n", "505"},
               {"Host: a\r\n", "408"}};
  for (const auto& head : heads) {
    CAPTURE(head.status);
    PlainSocket client(server.port());
    client.send("HEAD /asked " + (head.status == "505" ? std::string("HTTP/2.0") : "HTTP/1.1") + "\r\n" +
                head.rest);
    const auto answer = client.read_to_end();
    CHECK(answer.starts_with("HTTP/1.1 " + head.status));
    CHECK(answer.ends_with("\r\n\r\n"));
    CHECK(answer.find("\r\n\r\n") == answer.size() - 4);
  }
  CHECK(server.logs("method=HEAD path=/asked status=408"));
}

TEST_CASE("a request line of 8192 bytes is read, one of 8193 is too long") {
  RunningServer server;
  const auto reason = [&](std::size_t size) {
    const std::string begin = "GET /", end = " HTTP/1.1\r\n";
    HttpClient client(server.port());
    client.send(begin + std::string(size - begin.size() - end.size(), 'a') + end + "Host: a\r\n\r\n");
    return client.read_response().json().at("reason").get<std::string>();
  };
  CHECK(reason(8191) == "unknown_route");
  CHECK(reason(8192) == "unknown_route");
  CHECK(reason(8193) == "uri_too_long");
}

TEST_CASE("a reset of one client in the middle of anything is felt by no other") {
  RunningServer server;
  HttpClient other(server.port());
  const std::string whole =
      kTask + "Content-Length: 16\r\n\r\n" + kContent + "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    HttpClient client(server.port());
    client.send(std::string_view(whole).substr(0, size));
    client.reset();
    CHECK(other.get("/healthz").status == 200);
  }
}
