// Responses whose content does not stand in memory: files, and streams that are written as they come.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <stdexcept>
#include <string>

#include "tests/end_to_end/front_door/plain_socket.h"
#include "tests/harness/http_client.h"
#include "tests/harness/open_files.h"
#include "tests/server/front_door/served_door.h"

using namespace std::chrono_literals;
using harness::HttpClient;

namespace front_door_test {
namespace {

// Until it is cancelled.
awaitable<> forever() {
  const auto executor = co_await asio::this_coro::executor;
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, LoopExecutor> timer(executor);
  timer.expires_after(std::chrono::hours(1));
  co_await timer.async_wait(use_awaitable);
}

ServedDoor::Answer file_answer(const std::string& bytes) {
  return [&bytes](Exchange& exchange) {
    if (exchange.request.target == "/light") return void(exchange.response = whole("light"));
    exchange.response = of_size(bytes.size());
    exchange.response.file = file_of(bytes);
  };
}

ServedDoor::Answer stream_answer(Stream stream) {
  return [stream = std::move(stream)](Exchange& exchange) {
    exchange.response = exchange.request.target == "/light" ? whole("light") : in_parts(exchange, stream);
  };
}

TEST_CASE("a file is sent as it is, and requests behind it are served") {
  const auto bytes = pattern(3 * kMiB + 77);
  ServedDoor door({}, file_answer(bytes));
  HttpClient client(door.port());
  client.send(get("/one") + get("/light") + get("/two"));
  CHECK(client.read_response().body == bytes);
  CHECK(client.read_response().body == "light");
  CHECK(client.read_response().body == bytes);
  const auto ended = door.ended("/two", 5s);
  REQUIRE(ended);
  CHECK(ended->ending == Ending::sent);
  CHECK(ended->bytes > bytes.size());
}

TEST_CASE("a part of a file is sent from its offset") {
  ServedDoor door({}, [](Exchange& exchange) {
    exchange.response = of_size(5);
    exchange.response.file = file_of("hello world");
    exchange.response.file.offset = 6;
    exchange.response.file.size = 5;
  });
  CHECK(HttpClient(door.port()).get("/").body == "world");
}

TEST_CASE("a file that is shorter than it says ends the connection") {
  ServedDoor door({}, [](Exchange& exchange) {
    exchange.response = of_size(100);
    exchange.response.file = file_of("short");
    exchange.response.file.size = 100;
  });
  HttpClient client(door.port());
  client.send(get("/"));
  CHECK(client.read_to_end().ends_with("\r\n\r\nshort"));
  CHECK(door.ended("/", 5s)->ending == Ending::write_failed);
}

TEST_CASE("readers that take their time with a file hold no memory and nobody up") {
  const auto bytes = pattern(16 * kMiB);
  ServedDoor door({}, file_answer(bytes));
  std::vector<PlainSocket> slow;
  for (int i = 0; i < 50; ++i) {
    slow.emplace_back(door.port(), PlainSocket::Way{.receive_buffer = 4096});
    slow.back().send(get("/slow"));
  }
  HttpClient light(door.port());
  for (int i = 0; i < 100; ++i) CHECK(light.get("/light").body == "light");
  CHECK(door.counts().buffered < 50 * 4096);
}

TEST_CASE("a reader of a file that makes no progress is let go at --write-timeout") {
  Limits limits;
  limits.write_timeout = 200ms;
  const auto bytes = pattern(16 * kMiB);
  ServedDoor door({.limits = limits}, file_answer(bytes));
  PlainSocket dead(door.port(), {.receive_buffer = 4096});
  dead.send(get("/dead"));
  const auto ended = door.ended("/dead", 10s);
  REQUIRE(ended);
  CHECK(ended->ending == Ending::write_failed);
  CHECK(door.counts().closed["write_timeout"] == 1);
}

awaitable<> count_to_three(ReplyStream& to) {
  for (const std::string_view part : {"one ", "", "two ", "three"}) co_await to.write(part);
}

TEST_CASE("a stream comes in chunks, and the connection stays") {
  ServedDoor door({}, stream_answer(count_to_three));
  HttpClient client(door.port());
  client.send(get("/stream") + get("/light"));
  const auto answer = client.read_response();
  CHECK(answer.field("Transfer-Encoding") == "chunked");
  CHECK(answer.body == "one two three");
  CHECK(client.read_response().body == "light");
  CHECK(door.ended("/stream", 5s)->bytes > 40);
}

TEST_CASE("a client of HTTP/1.0 gets a stream up to the close") {
  ServedDoor door({}, stream_answer(count_to_three));
  HttpClient client(door.port());
  client.send(get("/stream", 0));
  CHECK(client.read_to_end().ends_with("\r\n\r\none two three"));
  CHECK(door.ended("/stream", 5s)->ending == Ending::sent);
}

TEST_CASE("a long part of a stream arrives whole") {
  const auto bytes = pattern(5 * kMiB);
  ServedDoor door({}, stream_answer([&](ReplyStream& to) -> awaitable<> { co_await to.write(bytes); }));
  CHECK(HttpClient(door.port()).get("/stream").body == bytes);
}

TEST_CASE("a stream that breaks off leaves no doubt that it is not whole, and says why to the log") {
  ServedDoor door({}, stream_answer([](ReplyStream& to) -> awaitable<> {
                    co_await to.write("half of it");
                    throw StreamBroken{"crashed"};
                  }));
  HttpClient client(door.port());
  client.send(get("/stream"));
  CHECK(client.read_to_end().ends_with("a\r\nhalf of it\r\n"));
  const auto ended = door.ended("/stream", 5s);
  REQUIRE(ended);
  CHECK(ended->ending == Ending::broken_off);
  CHECK(ended->reason == "crashed");
  CHECK(door.counts().closed["broken_off"] == 1);
}

TEST_CASE("an exception out of a stream is reported, and breaks it off") {
  ServedDoor door({}, stream_answer([](ReplyStream& to) -> awaitable<> {
                    co_await to.write("half of it");
                    throw std::runtime_error("a bug");
                  }));
  HttpClient client(door.port());
  client.send(get("/stream"));
  CHECK(client.read_to_end().ends_with("half of it\r\n"));
  CHECK(door.ended("/stream", 5s)->reason == "internal_error");
  CHECK(door.reports() == std::vector<std::string>{"a bug"});
}

TEST_CASE("an exception out of the application is reported, and costs its client the connection alone") {
  ServedDoor door({}, [](Exchange& exchange) {
    if (exchange.request.target == "/bug") throw std::runtime_error("a bug");
    exchange.response = whole("light");
  });
  HttpClient light(door.port());
  CHECK(light.get("/light").body == "light");
  HttpClient client(door.port());
  client.send(get("/bug"));
  CHECK(client.read_to_end().empty());
  CHECK(door.reports() == std::vector<std::string>{"a bug"});
  CHECK(door.counts().closed["error"] == 1);
  CHECK(light.get("/light").body == "light");
}

TEST_CASE("a writer waits while its client does not read, and goes on when it does") {
  const auto part = pattern(64 * 1024);
  std::atomic<std::size_t> written = 0;
  ServedDoor door({}, stream_answer([&](ReplyStream& to) -> awaitable<> {
                    for (int i = 0; i < 400; ++i) {
                      co_await to.write(part);
                      ++written;
                    }
                  }));
  PlainSocket slow(door.port(), {.receive_buffer = 4096});
  slow.send("GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::size_t before = 0;
  harness::eventually(5s, [&] {
    std::this_thread::sleep_for(50ms);
    const auto last = std::exchange(before, written);
    return before > 0 && before == last;
  });
  CHECK(written < 200);
  CHECK(slow.read_to_end(30s).ends_with("0\r\n\r\n"));
  CHECK(written == 400);
}

TEST_CASE("a writer whose client makes no progress is let go at --write-timeout") {
  Limits limits;
  limits.write_timeout = 200ms;
  const auto part = pattern(64 * 1024);
  ServedDoor door({.limits = limits}, stream_answer([&](ReplyStream& to) -> awaitable<> {
                    for (;;) co_await to.write(part);
                  }));
  PlainSocket dead(door.port(), {.receive_buffer = 4096});
  dead.send(get("/dead"));
  const auto ended = door.ended("/dead", 10s);
  REQUIRE(ended);
  CHECK(ended->ending == Ending::write_failed);
}

struct Left {
  explicit Left(std::atomic<int>& count) : count(count) {}
  ~Left() { ++count; }
  std::atomic<int>& count;
};

TEST_CASE("a stream ends where its client leaves, also one that has nothing to write") {
  std::atomic<int> left = 0;
  ServedDoor door({}, stream_answer([&](ReplyStream& to) -> awaitable<> {
                    const Left marker(left);
                    co_await to.write("begun");
                    co_await forever();
                  }));
  HttpClient client(door.port());
  client.send(get("/stream"));
  CHECK(is_readable(client.descriptor(), 5s));
  client.close();
  CHECK(harness::eventually(5s, [&] { return left == 1; }));
  CHECK(door.ended("/stream", 5s)->ending == Ending::client_gone);
}

TEST_CASE("streams that are silent outlive every deadline, and cost less than 8 KiB each") {
  constexpr std::size_t kWatchers = 2000;
  REQUIRE(harness::allow_open_files(2 * kWatchers + 100));
  Limits limits;
  limits.idle_timeout = limits.write_timeout = limits.header_timeout = limits.body_timeout = 1500ms;
  std::atomic<std::size_t> watching = 0;
  ServedDoor door({.limits = limits}, stream_answer([&](ReplyStream& to) -> awaitable<> {
                    co_await to.write(": hello\n\n");
                    ++watching;
                    co_await forever();
                  }));
  std::vector<PlainSocket> watchers;
  watchers.reserve(kWatchers);
  const auto before = allocated();
  for (std::size_t i = 0; i < kWatchers; ++i) {
    watchers.emplace_back(door.port());
    watchers.back().send(get("/watch"));
  }
  REQUIRE(harness::eventually(10s, [&] { return watching == kWatchers; }));
  const auto each = (allocated() - before) / kWatchers;
  if (!harness::kSanitized) {
    CHECK(each > 512);
    CHECK(each < 8 * 1024);
  }
  std::this_thread::sleep_for(3s);  // twice the longest deadline
  CHECK(door.counts().open == kWatchers);
}

}  // namespace
}  // namespace front_door_test
