// How long a client may take, and what it gets when it takes longer.
#include <doctest/doctest.h>

#include <string>

#include "tests/end_to_end/front_door/plain_socket.h"
#include "tests/harness/http_client.h"
#include "tests/harness/process_table.h"
#include "tests/harness/running_server.h"

using namespace std::chrono_literals;
using front_door_test::is_readable;
using front_door_test::PlainSocket;
using harness::at_most;
using harness::HttpClient;
using harness::milliseconds;
using harness::RunningServer;
using harness::Stopwatch;

namespace {

// Around a deadline of 400 ms: the clocks differ a little, and one timer serves all who have the same
// deadline.
constexpr milliseconds kEarly = 350ms;
constexpr milliseconds kLate = at_most(2000ms);

// Sends `start`, then one more byte every 40 ms, until the server speaks; its answer.
harness::HttpResponse answer_to_trickle(HttpClient& client, std::string_view start) {
  client.send(start);
  for (int i = 0; i < 200 && !is_readable(client.descriptor(), 40ms); ++i) client.send("x");
  return client.read_response();
}

}  // namespace

TEST_CASE(
    "a head that does not end in time is answered 408 and the connection closed, however often a byte "
    "comes") {
  RunningServer server({"--header-timeout", "400ms"});
  HttpClient client(server.port());
  Stopwatch watch;
  const auto answer = answer_to_trickle(client, "GET / HTTP/1.1\r\nHost: a\r\nX-A: ");
  CHECK(watch.elapsed() >= kEarly);
  CHECK(watch.elapsed() <= kLate);
  CHECK(answer.status == 408);
  CHECK(answer.json().at("reason") == "header_timeout");
  CHECK(answer.field("Connection") == "close");
  CHECK(client.closed_by_server());
}

TEST_CASE(
    "content that does not end in time is answered 408 and the connection closed, however often a byte "
    "comes") {
  RunningServer server({"--body-timeout", "400ms"});
  const std::string head = "POST /tasks/spin HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
  for (const std::string framing :
       {"Content-Length: 9999\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n9999\r\n"}) {
    HttpClient client(server.port());
    Stopwatch watch;
    const auto answer = answer_to_trickle(client, head + framing);
    CHECK(watch.elapsed() >= kEarly);
    CHECK(watch.elapsed() <= kLate);
    CHECK(answer.status == 408);
    CHECK(answer.json().at("reason") == "body_timeout");
    CHECK(client.closed_by_server());
  }
}

TEST_CASE("a client that asked and then sends no content runs into the same deadline") {
  RunningServer server({"--body-timeout", "400ms"});
  HttpClient client(server.port());
  client.send(
      "POST /tasks/spin HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 16\r\n"
      "Expect: 100-continue\r\n\r\n");
  CHECK(client.read_response().status == 100);
  CHECK(client.read_response().status == 408);
  CHECK(client.closed_by_server());
}

TEST_CASE("a client that says nothing is closed without a word, at its start as between two requests") {
  RunningServer server({"--idle-timeout", "400ms"});
  HttpClient client(server.port());
  SUBCASE("at its start") {}
  SUBCASE("between two requests") {
    CHECK(client.get("/").status == 200);
  }
  Stopwatch watch;
  CHECK(client.closed_by_server());
  CHECK(watch.elapsed() >= kEarly);
  CHECK(watch.elapsed() <= kLate);
}

TEST_CASE("neither deadline runs while the server works on the answer") {
  RunningServer server({"--idle-timeout", "300ms", "--header-timeout", "300ms", "--body-timeout", "300ms"});
  HttpClient client(server.port());
  CHECK(client.post("/tasks/spin", {{"CPUTimeMs", 900}}).status == 200);
  CHECK(client.get("/").status == 200);
}

TEST_CASE("the header deadline begins with a request's first byte, not with the connection") {
  RunningServer server({"--header-timeout", "300ms"});
  HttpClient idle(server.port());
  HttpClient clock(server.port());
  CHECK(clock.get("/non-blocking?CPUTimeMs=900").status == 200);
  CHECK(idle.get("/").status == 200);
}

TEST_CASE("a client that never reads is let go at the write deadline, and costs nobody else a thing") {
  RunningServer server({"--write-timeout", "400ms"});
  HttpClient other(server.port());
  other.get("/");
  const auto before = harness::open_descriptors(server.pid());
  PlainSocket deaf(server.port(), {.receive_buffer = 4096});
  const std::string request = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n";
  std::string flood;
  while (flood.size() < 64 * 1024) flood += request;
  // Until the kernel's buffers are full in both directions: then neither side can go on.
  for (std::size_t at = 0, sent; (sent = deaf.send(std::string_view(flood).substr(at), 200ms)) > 0;)
    at = (at + sent) % flood.size();
  Stopwatch watch;
  CHECK(other.get("/").status == 200);
  CHECK(watch.elapsed() < at_most(200ms));
  CHECK(harness::eventually(10s, [&] { return harness::open_descriptors(server.pid()) <= before; }));
}
