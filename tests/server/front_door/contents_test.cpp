// Contents of requests that are too long for memory: what becomes of them, what they cost, and when they are
// refused.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "server/loop/thread_cpu_time.h"
#include "tests/end_to_end/front_door/plain_socket.h"
#include "tests/harness/http_client.h"
#include "tests/harness/lowered_limit.h"
#include "tests/harness/open_files.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"
#include "tests/server/front_door/served_door.h"

using namespace std::chrono_literals;
using harness::HttpClient;

namespace front_door_test {
namespace {

// Gives the content back, wherever that lies, and says where.
void echo(Exchange& exchange) {
  auto& request = exchange.request;
  if (!request.file.fd) {
    exchange.response = whole(request.body);
    return;
  }
  exchange.response = of_size(request.file.size);
  exchange.response.head.insert(exchange.response.head.find("\r\n") + 2,
                                fmt::format("Spooled: {}\r\nOffset: {}\r\n", request.body.size(),
                                            ::lseek(request.file.fd.get(), 0, SEEK_CUR)));
  exchange.response.file = {std::move(request.file.fd), 0, request.file.size};
}

void send_chunked(HttpClient& client, std::string_view bytes) {
  client.send("POST /chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (std::size_t size = 1; !bytes.empty(); size = size * 3 % 100'003) {
    const auto chunk = bytes.substr(0, size);
    if (!client.send(fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk))) return;
    bytes.remove_prefix(chunk.size());
  }
  client.send("0\r\n\r\n");
}

std::string head_of(std::size_t size, std::string_view target = "/upload") {
  return fmt::format("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", target, size);
}

TEST_CASE("a content above 1 MiB comes as a file, and the next request after it is served") {
  ServedDoor door({}, echo);
  const auto content = pattern(5 * kMiB + 4321);
  HttpClient client(door.port());
  harness::HttpResponse answer;
  SUBCASE("of known length") {
    answer = client.request("POST", "/upload", {}, content);
  }
  SUBCASE("in chunks") {
    send_chunked(client, content);
    answer = client.read_response();
  }
  SUBCASE("asked for with 100 (Continue)") {
    client.send(
        fmt::format("POST /upload HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
                    content.size()));
    CHECK(client.read_response().status == 100);
    client.send(content);
    answer = client.read_response();
  }
  CHECK(answer.status == 200);
  CHECK(answer.field("Spooled") == "0");
  CHECK(answer.field("Offset") == "0");
  CHECK(answer.body == content);
  CHECK(client.request("POST", "/next", {}, "short").body == "short");
}

TEST_CASE("a content up to 1 MiB stays in memory") {
  ServedDoor door({}, echo);
  const auto content = pattern(kMiB);
  HttpClient client(door.port());
  CHECK(!client.request("POST", "/upload", {}, content).has("Spooled"));
  send_chunked(client, content);
  const auto answer = client.read_response();
  CHECK(!answer.has("Spooled"));
  CHECK(answer.body == content);
}

TEST_CASE("a content beyond what the application allows is refused by the name that it gives") {
  ServedDoor door({.terms = {2 * kMiB, true, "max_body of the task 'thumbnail'"}}, echo);
  HttpClient client(door.port());
  SUBCASE("by its length, before it is sent") {
    client.send(head_of(2 * kMiB + 1));
  }
  SUBCASE("in chunks") {
    send_chunked(client, pattern(3 * kMiB));
  }
  const auto answer = client.read_response();
  CHECK(answer.status == 413);
  CHECK(answer.json().at("reason") == "body_too_large");
  CHECK(answer.json().at("detail") ==
        "the content is larger than 2097152 bytes (max_body of the task 'thumbnail')");
}

TEST_CASE("all spooled contents together stay within --max-scratch, and the room comes back") {
  ServedDoor door({.max_scratch = 4 * kMiB}, echo);
  const auto content = pattern(3 * kMiB);
  {
    HttpClient first(door.port());
    first.send(head_of(3 * kMiB));
    first.send(content.substr(0, 3 * kMiB - 1));
    CHECK(harness::eventually(5s, [&] { return door.scratch_used() > 2 * kMiB; }));
    HttpClient second(door.port());
    second.send(head_of(3 * kMiB));
    second.send(content.substr(0, 2 * kMiB));
    const auto refused = second.read_response();
    CHECK(refused.status == 503);
    CHECK(refused.json().at("reason") == "scratch_full");
    CHECK(refused.json().at("detail").get<std::string>().find("--max-scratch") != std::string::npos);
    first.send(content.substr(3 * kMiB - 1));
    CHECK(first.read_response().body == content);
  }
  CHECK(harness::eventually(5s, [&] { return door.scratch_used() == 0; }));

  HttpClient third(door.port());
  third.send(head_of(5 * kMiB));
  const auto never = third.read_response();
  CHECK(never.status == 413);
  CHECK(never.json().at("reason") == "scratch_full");
}

TEST_CASE("a disk that does not take the content is named, with what it said") {
  SUBCASE("no such folder") {
    ServedDoor door({.scratch_dir = "/no/such/folder"}, echo);
    const auto answer = HttpClient(door.port()).request("POST", "/upload", {}, pattern(2 * kMiB));
    CHECK(answer.status == 503);
    CHECK(answer.json().at("reason") == "scratch_full");
    CHECK(answer.json().at("detail") ==
          "the content cannot be kept in /no/such/folder (--scratch-dir): No such file or directory");
  }
  SUBCASE("in the middle of it") {
    ::signal(SIGXFSZ, SIG_IGN);
    ServedDoor door({}, echo);
    const harness::LoweredLimit full(::getpid(), RLIMIT_FSIZE, kMiB);
    HttpClient client(door.port());
    client.send(head_of(2 * kMiB));
    client.send(pattern(2 * kMiB));
    const auto answer = client.read_response();
    CHECK(answer.status == 503);
    CHECK(answer.json().at("detail").get<std::string>().ends_with("File too large"));
  }
}

TEST_CASE("a client that leaves in the middle of a spooled content gives its room back") {
  ServedDoor door({}, echo);
  HttpClient client(door.port());
  client.send(head_of(8 * kMiB));
  client.send(pattern(4 * kMiB));
  CHECK(harness::eventually(5s, [&] { return door.scratch_used() > 3 * kMiB; }));
  client.close();
  CHECK(door.ended("/upload", 5s)->reason == "lost");
  CHECK(harness::eventually(5s, [&] { return door.scratch_used() == 0 && door.counts().open == 0; }));
  CHECK(door.counts().buffered == 0);
}

TEST_CASE("a spooled content takes less than 256 KiB of memory, however long it is") {
  ServedDoor door({.terms = {std::size_t{1} << 30, true}}, echo);
  const auto part = pattern(kMiB);
  HttpClient client(door.port());
  client.send(head_of(100 * kMiB));
  const auto before = harness::private_memory_kib(::getpid());
  std::size_t most = 0;
  for (int i = 0; i < 99; ++i) {
    client.send(part);
    most = std::max(most, door.counts().buffered);
  }
  CHECK(harness::eventually(10s, [&] { return door.scratch_used() > 98 * kMiB; }));
  CHECK(most < 256 * 1024);
  if (!harness::kSanitized) CHECK(harness::private_memory_kib(::getpid()) < before + 1024);
}

TEST_CASE("senders take of --max-scratch what they have sent, not what they may send") {
  ServedDoor door({.max_scratch = 4 * kMiB}, echo);
  std::vector<HttpClient> senders;
  for (int i = 0; i < 100; ++i) {
    senders.emplace_back(door.port());
    senders.back().send(head_of(3 * kMiB) + std::string(40'000, 'x'));
  }
  CHECK(harness::eventually(5s, [&] { return door.scratch_used() >= 100 * 40'000; }));
  for (int round = 0; round < 10; ++round)
    for (auto& sender : senders) sender.send("y");
  CHECK(harness::eventually(5s, [&] { return door.scratch_used() == 100 * 40'010; }));
  CHECK(door.counts().open == 100);
}

// CPU time of the loop's thread.
std::chrono::nanoseconds loop_time(ServedDoor& door) {
  return door.on_loop([] { return loop::thread_cpu_time(); });
}

TEST_CASE("a long content whose client has left is freed beside the loop") {
  ServedDoor door({.terms = {std::size_t{1} << 30, true}}, echo);
  HttpClient client(door.port());
  client.send(head_of(200 * kMiB));
  const auto part = pattern(kMiB);
  for (int i = 0; i < 199; ++i) client.send(part);
  CHECK(harness::eventually(10s, [&] { return door.scratch_used() == 199 * kMiB; }));
  const auto before = loop_time(door);
  client.close();
  CHECK(harness::eventually(5s, [&] { return door.counts().open == 0; }));
  CHECK(loop_time(door) - before < harness::at_most(3ms));
}

std::chrono::nanoseconds loop_time_for(ServedDoor& door, HttpClient& client, bool chunked) {
  constexpr int kParts = 64;
  const auto part = pattern(kMiB);
  const auto begin = loop_time(door);
  if (chunked)
    client.send("POST /chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  else
    client.send(head_of(kParts * kMiB));
  for (int i = 0; i < kParts; ++i) {
    if (chunked) client.send("100000\r\n");
    client.send(part);
    if (chunked) client.send("\r\n");
  }
  if (chunked) client.send("0\r\n\r\n");
  CHECK(client.read_response().status == 200);
  return loop_time(door) - begin;
}

TEST_CASE("a content of known length comes into its file beside the loop") {
  ServedDoor door({.terms = {std::size_t{1} << 30, true}},
                  [](Exchange& exchange) { exchange.response = whole("done"); });
  HttpClient client(door.port());
  const auto parsed = loop_time_for(door, client, true);
  CHECK(loop_time_for(door, client, false) < parsed / 2);
}

TEST_CASE("a request behind a long content is not taken for a part of it") {
  ServedDoor door({}, echo);
  const auto content = pattern(3 * kMiB);
  HttpClient client(door.port());
  client.send(head_of(content.size()) + content +
              "POST /next HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nshort");
  CHECK(client.read_response().body == content);
  CHECK(client.read_response().body == "short");
}

TEST_CASE("a content at a modest pace outlives --body-timeout, one that stalls does not") {
  Limits limits;
  limits.body_timeout = 2s;
  ServedDoor door({.limits = limits}, echo);
  const auto content = pattern(4 * kMiB);
  HttpClient client(door.port());
  client.send(head_of(content.size()));
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) std::this_thread::sleep_for(800ms);  // the client's own pace
    client.send(std::string_view(content).substr(i * kMiB, kMiB));
  }
  CHECK(client.read_response().body == content);

  client.send(head_of(content.size()));
  client.send(std::string_view(content).substr(0, 2 * kMiB));
  const auto late = client.read_response();
  CHECK(late.status == 408);
  CHECK(late.json().at("reason") == "body_timeout");
}

TEST_CASE("a thousand slow uploads beside a client of light requests cost it little") {
  REQUIRE(harness::allow_open_files(3200));  // a client, its connection, its file
  ServedDoor door({}, echo);
  std::vector<HttpClient> slow;
  for (int i = 0; i < 1000; ++i) {
    slow.emplace_back(door.port()).send(head_of(8 * kMiB));
    slow.back().send(std::string(50'000, 'x'));
  }
  HttpClient light(door.port());
  std::vector<double> times;
  for (int round = 0; round < 5; ++round)
    for (auto& client : slow) {
      client.send(std::string(1'000, 'y'));
      const auto begin = Clock::now();
      if (light.get("/").status != 200) FAIL("refused");
      times.push_back(milliseconds(Clock::now() - begin));
    }
  std::sort(times.begin(), times.end());
  CHECK(times[times.size() * 99 / 100] < 20);
  CHECK(door.counts().buffered < slow.size() * 128 * 1024);
}

}  // namespace
}  // namespace front_door_test
