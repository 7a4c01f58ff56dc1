// How many clients, and how much of each: what stands above a limit is refused or waits, and room is used
// again.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <ifaddrs.h>
#include <net/if.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/end_to_end/front_door/plain_socket.h"
#include "tests/harness/http_client.h"
#include "tests/harness/light_route.h"
#include "tests/harness/process_table.h"
#include "tests/harness/running_server.h"

using namespace std::chrono_literals;
using front_door_test::is_readable;
using front_door_test::PlainSocket;
using harness::HttpClient;
using harness::RunningServer;

namespace {

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kGetAndClose = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

std::vector<HttpClient> served_clients(const RunningServer& server, int count) {
  std::vector<HttpClient> clients;
  for (int i = 0; i < count; ++i) {
    CHECK(clients.emplace_back(server.port()).get("/").status == 200);
  }
  return clients;
}

}  // namespace

TEST_CASE(
    "a client over --max-connections waits while all others are being served, until one of them leaves") {
  RunningServer server({"--max-connections", "3"});
  auto clients = served_clients(server, 3);
  for (auto& client : clients)
    client.send(
        "POST /tasks/spin HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
        "16\r\n\r\n{");
  HttpClient fourth(server.port());
  fourth.send(kGet);
  CHECK(!is_readable(fourth.descriptor(), 300ms));
  clients[1].send(R"("CPUTimeMs": 0})");
  CHECK(clients[1].read_response().status == 200);
  clients[0].close();
  CHECK(fourth.read_response().status == 200);
}

TEST_CASE("at --max-connections the longest idle client is closed, and the newcomer served") {
  RunningServer server({"--max-connections", "3"});
  auto clients = served_clients(server, 3);
  CHECK(clients[0].get("/").status == 200);
  HttpClient fourth(server.port());
  CHECK(fourth.get("/").status == 200);
  CHECK(clients[1].closed_by_server());
  CHECK(clients[0].get("/").status == 200);
  CHECK(clients[2].get("/").status == 200);
}

TEST_CASE(
    "clients that fill --max-connections with silence, or with heads that do not end, lock nobody out") {
  constexpr int kConnections = 40;
  RunningServer server({"--max-connections", std::to_string(kConnections)});
  std::string beginning;
  SUBCASE("silence") {}
  SUBCASE("a head") {
    beginning = "GET / HTTP/1.1\r\nHost: a";
  }
  harness::LightRoute light(server.port());
  std::vector<PlainSocket> clients;
  const auto attack = [&](int count) {
    for (int i = 0; i < count; ++i) {
      clients.emplace_back(server.port());
      if (!beginning.empty()) clients.back().send(beginning);
    }
  };
  attack(2 * kConnections);
  for (int i = 0; i < 5; ++i) {
    HttpClient newcomer(server.port(), std::chrono::seconds(15));
    CHECK(newcomer.get("/healthz").status == 200);
  }
  // They come back all the time: a moment's crowd alone would be a larger part of all requests.
  for (int round = 0; round < 80; ++round) {
    attack(2);
    std::this_thread::sleep_for(50ms);
  }
  CHECK(light.p99_ms() < harness::light_p99_bound_ms());
}

TEST_CASE("an address over --max-connections-per-ip is refused, and no other address with it") {
  RunningServer server({"--max-connections-per-ip", "2"});
  auto clients = served_clients(server, 2);

  HttpClient third(server.port());
  const auto refusal = third.read_response();
  CHECK(refusal.status == 503);
  CHECK(refusal.has("Retry-After"));
  CHECK(refusal.has("Date"));
  CHECK(refusal.json().at("reason") == "connections_per_ip");
  CHECK(third.closed_by_server());

  PlainSocket neighbour(server.port(), {.from = "127.0.0.2"});
  neighbour.send(kGetAndClose);
  CHECK(neighbour.read_to_end().starts_with("HTTP/1.1 200"));

  clients[0].close();
  // The client's FIN may reach the server after the next client did.
  CHECK(harness::eventually(5s, [&] {
    PlainSocket next(server.port());
    next.send(kGetAndClose);
    return next.read_to_end().starts_with("HTTP/1.1 200");
  }));
}

namespace {

// An address of this machine that is not loopback; "" where there is none.
std::string own_address() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return "";
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, ::freeifaddrs);
  for (const auto* one = list; one; one = one->ifa_next) {
    if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET || (one->ifa_flags & IFF_LOOPBACK)) continue;
    char text[INET_ADDRSTRLEN];
    const auto* address = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
    return ::inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
  }
  return "";
}

}  // namespace

TEST_CASE("by default an address has a quarter of --max-connections, and loopback all of them") {
  const RunningServer server({"--host", "0.0.0.0", "--max-connections", "12"});
  CHECK(served_clients(server, 8).size() == 8);
  const auto address = own_address();
  if (address.empty()) return;
  std::vector<PlainSocket> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(server.port(), PlainSocket::Way{.to = address});
    clients.back().send(kGet);
    CHECK(is_readable(clients.back().descriptor(), 5s));
  }
  PlainSocket fourth(server.port(), {.to = address});
  const auto refusal = fourth.read_to_end();
  CHECK(refusal.starts_with("HTTP/1.1 503 "));
  CHECK(refusal.find(address + " has 3 connections open already (--max-connections-per-ip)") !=
        std::string::npos);
}

TEST_CASE("--max-fields and --max-head say how much a head may be, and are named where it is more") {
  const RunningServer server({"--max-fields", "3", "--max-head", "64KiB"});
  HttpClient client(server.port());
  CHECK(client.get("/", {{"Authorization", std::string(60'000, 'x')}, {"A", "b"}}).status == 200);
  const auto many = client.get("/", {{"A", "b"}, {"B", "b"}, {"C", "b"}});
  CHECK(many.status == 431);
  CHECK(many.json().at("detail") == "the head has more than 3 fields (--max-fields)");
  HttpClient another(server.port());
  const auto large = another.get("/", {{"A", std::string(70'000, 'x')}});
  CHECK(large.status == 431);
  CHECK(large.json().at("detail").get<std::string>().ends_with("(--max-head)"));
}

TEST_CASE("all buffers together stay within --max-buffered, and light routes are answered meanwhile") {
  RunningServer server({"--max-buffered", "1MiB", "--max-body", "1MiB"});
  HttpClient other(server.port());
  CHECK(other.get("/").status == 200);
  const auto before = harness::private_memory_kib(server.pid());

  const std::string half =
      "POST /tasks/spin HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
      "Content-Length: 1000000\r\n\r\n" +
      std::string(500'000, ' ');
  std::vector<HttpClient> clients;
  for (int i = 0; i < 12; ++i) clients.emplace_back(server.port()).send(half);

  const auto refused = [](const HttpClient& client) { return is_readable(client.descriptor(), 0ms); };
  // At half a megabyte each there is room for two of them at most.
  REQUIRE(
      harness::eventually(10s, [&] { return std::count_if(clients.begin(), clients.end(), refused) >= 10; }));
  for (auto& client : clients) {
    if (!refused(client)) continue;
    const auto answer = client.read_response();
    CHECK(answer.status == 503);
    CHECK(answer.json().at("reason") == "buffers_full");
  }
  CHECK(other.get("/").status == 200);
  if (!harness::kSanitized) CHECK(harness::private_memory_kib(server.pid()) < before + 4 * 1024);

  clients.clear();
  CHECK(harness::eventually(5s, [&] {
    HttpClient next(server.port());
    next.send(half);
    return !is_readable(next.descriptor(), 100ms);
  }));
}

TEST_CASE("slow readers of large replies are cut off where others need the memory") {
  RunningServer server({"--max-buffered", "8MiB"});
  // 2 KB in, 2 MB out.
  const std::string content = R"x({"pattern":"(?=(a*))","text":")x" + std::string(2000, 'a') + R"("})";
  const std::string request =
      "POST /tasks/regex_match HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(content.size()) + "\r\n\r\n" + content;
  harness::LightRoute light(server.port());
  std::vector<PlainSocket> slow;
  for (int i = 0; i < 5; ++i) {
    slow.emplace_back(server.port(), PlainSocket::Way{.receive_buffer = 4096});
    slow.back().send(request);
    REQUIRE(is_readable(slow.back().descriptor(), 20s));
  }
  std::this_thread::sleep_for(1100ms);  // until they count as slow
  for (int i = 0; i < 10; ++i) {
    HttpClient client(server.port());
    client.send(request);
    const auto answer = client.read_response();
    CHECK(answer.status == 200);
    CHECK(answer.body.size() > 1'000'000);
  }
  CHECK(light.p99_ms() < harness::light_p99_bound_ms());
  CHECK(server.logs("status=200 reason=buffers_full"));
}

TEST_CASE("who was refused and stays connected takes no room from others") {
  RunningServer server({"--max-buffered", "1MiB"});
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(8'000, 'x') +
                           "\r\nY: " + std::string(7'000, 'y') + "\r\n";
  std::vector<HttpClient> clients;
  for (int i = 0; i < 100; ++i) {
    clients.emplace_back(server.port()).send(head);
    clients.back().send("Bad Field: z\r\n\r\n");
    CHECK(clients.back().read_response().status == 400);
  }
  HttpClient other(server.port());
  CHECK(other.request("POST", "/tasks/spin", {{"Content-Type", "application/json"}}, R"({"CPUTimeMs":0})")
            .status == 200);
}

TEST_CASE("content up to --max-body is taken, one byte more is refused") {
  RunningServer server({"--max-body", "1KiB"});
  const auto status_of = [&](std::size_t size) {
    HttpClient client(server.port());
    const std::string content = R"({"CPUTimeMs":-1})" + std::string(size - 16, ' ');
    return client.request("POST", "/tasks/spin", {{"Content-Type", "application/json"}}, content).status;
  };
  CHECK(status_of(1024) == 422);
  CHECK(status_of(1025) == 413);
}

namespace {

// proc(5), /proc/net/tcp: what the server's kernel holds for its connections, sent or not.
std::size_t largest_send_queue(std::uint16_t port) {
  std::ifstream table("/proc/net/tcp");
  char local[8];
  std::snprintf(local, sizeof local, ":%04X", port);
  std::size_t largest = 0;
  std::string number, from, to, state, queues;
  std::getline(table, number);  // the headings
  while (table >> number >> from >> to >> state >> queues) {
    std::getline(table, number);
    if (from.ends_with(local)) largest = std::max<std::size_t>(largest, std::stoul(queues, nullptr, 16));
  }
  return largest;
}

}  // namespace

TEST_CASE("responses that a client does not read are not copied into the kernel one after the other") {
  RunningServer server;
  PlainSocket slow(server.port(), {.receive_buffer = 4096});
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += "GET /dashboard HTTP/1.1\r\nHost: a\r\n\r\n";
  slow.send(requests);
  const auto page = HttpClient(server.port()).get("/dashboard").body.size();
  CHECK(harness::eventually(2s, [&] { return largest_send_queue(server.port()) > 0; }));
  std::this_thread::sleep_for(100ms);
  CHECK(largest_send_queue(server.port()) < 128 * 1024 + page);
}
