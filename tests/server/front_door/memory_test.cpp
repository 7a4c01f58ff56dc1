// What all clients together may hold in memory: how it is counted, and who pays where it is too much.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/end_to_end/front_door/plain_socket.h"
#include "tests/harness/http_client.h"
#include "tests/harness/open_files.h"
#include "tests/harness/patience.h"
#include "tests/server/front_door/served_door.h"

using namespace std::chrono_literals;
using harness::HttpClient;

namespace front_door_test {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

// As many MiB as the target says.
void answer_mebibytes(Exchange& exchange) {
  exchange.response = whole(std::string(std::stoul(exchange.request.target.substr(1)) * kMiB, 'x'));
}

TEST_CASE("where memory is short the slowest large responses are cut, not the newcomer's") {
  Limits limits;
  limits.max_buffered = 8 * kMiB;
  ServedDoor door({.limits = limits}, answer_mebibytes);
  std::vector<PlainSocket> slow;
  for (int i = 0; i < 7; ++i) {
    slow.emplace_back(door.port(), PlainSocket::Way{.receive_buffer = 4096});
    slow.back().send(get("/1"));
  }
  REQUIRE(harness::eventually(5s, [&] { return door.counts().buffered > 7 * kMiB; }));
  std::this_thread::sleep_for(1100ms);  // until they count as slow
  for (int i = 0; i < 5; ++i) {
    const auto answer = HttpClient(door.port()).get("/4");
    CHECK(answer.status == 200);
    CHECK(answer.body.size() == 4 * kMiB);
  }
  const auto cut = door.ended("/1", 5s);
  REQUIRE(cut);
  CHECK(cut->ending == Ending::write_failed);
  CHECK(cut->reason == "buffers_full");
  CHECK(door.counts().closed["buffers_full"] >= 3);
  CHECK(door.counts().closed["buffers_full"] < 7);
}

TEST_CASE("where memory is short and nobody is slow, the newcomer is refused") {
  Limits limits;
  limits.max_buffered = 2 * kMiB;
  ServedDoor door({.limits = limits}, answer_mebibytes);
  const auto answer = HttpClient(door.port()).get("/4");
  CHECK(answer.status == 503);
  CHECK(answer.json().at("reason") == "buffers_full");
}

TEST_CASE("a reader below --min-rate is let go, one above it is not") {
  Limits limits;
  limits.write_timeout = 300ms;
  limits.min_rate = 400 * 1024;
  ServedDoor door({.limits = limits}, answer_mebibytes);
  std::string_view target;
  int pause = 0;
  SUBCASE("below") {
    target = "/16";
    pause = 40;
  }
  SUBCASE("above") {
    target = "/2";
    pause = 2;
  }
  PlainSocket reader(door.port(), {.receive_buffer = 4096});
  reader.send(get(target));
  std::string buffer(4096, '\0');
  for (int i = 0; i < 3000 && !door.ended(std::string(target), 0ms); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(pause));  // the reader's own pace
    if (::read(reader.descriptor(), buffer.data(), buffer.size()) == 0) break;
  }
  const auto ended = door.ended(std::string(target), 5s);
  REQUIRE(ended);
  CHECK(ended->reason == (target == "/16" ? "too_slow" : ""));
}

TEST_CASE("what is counted of heads under way is what they take, give or take a third") {
  constexpr std::size_t kClients = 1000;
  REQUIRE(harness::allow_open_files(2 * kClients + 100));
  ServedDoor door({}, answer_mebibytes);
  std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n";
  SUBCASE("with few long fields") {
    for (int i = 0; i < 2; ++i) head += fmt::format("X-{}: {}\r\n", i, std::string(7'300, 'x'));
  }
  SUBCASE("with many short ones") {
    for (int i = 0; i < 90; ++i) head += fmt::format("X-{}: {}\r\n", i, std::string(140, 'x'));
  }
  SUBCASE("not yet whole") {}
  const bool whole_head = head.size() > 100;
  std::vector<PlainSocket> clients;
  for (std::size_t i = 0; i < kClients; ++i) clients.emplace_back(door.port());
  const auto before = allocated();
  for (auto& client : clients) client.send(whole_head ? head + "\r\n" : head + std::string(7'000, 'x'));
  std::size_t counted = 0;
  harness::eventually(10s, [&] {  // nothing tells of the last byte that is read
    const auto before = std::exchange(counted, door.counts().buffered);
    std::this_thread::sleep_for(50ms);
    return counted > 0 && counted == before;
  });
  const auto resident = allocated() - before;
  CAPTURE(counted / kClients);
  CAPTURE(resident / kClients);
  if (harness::kSanitized) return;
  CHECK(resident < counted * 13 / 10);
  CHECK(counted < resident * 13 / 10);
}

}  // namespace
}  // namespace front_door_test
