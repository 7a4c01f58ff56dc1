// Many clients at once: what each of them costs while it is silent, and that none is forgotten when all come
// together.
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/end_to_end/front_door/plain_socket.h"
#include "tests/harness/http_client.h"
#include "tests/harness/open_files.h"
#include "tests/harness/process_table.h"
#include "tests/harness/running_server.h"

using namespace std::chrono_literals;
using front_door_test::PlainSocket;
using harness::allow_open_files;
using harness::Clock;
using harness::HttpClient;
using harness::milliseconds;
using harness::RunningServer;
using Microseconds = std::chrono::microseconds;

namespace {

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// What half of `GET /` take at most.
Microseconds median_answer_time(const RunningServer& server) {
  HttpClient client(server.port());
  std::vector<Microseconds> times;
  for (int i = 0; i < 1000; ++i) {
    const auto start = Clock::now();
    CHECK(client.get("/").status == 200);
    times.push_back(std::chrono::duration_cast<Microseconds>(Clock::now() - start));
  }
  std::nth_element(times.begin(), times.begin() + 500, times.end());
  return times[500];
}

/// The processor time that the server takes while the test does nothing.
milliseconds cpu_time_within(const RunningServer& server, milliseconds span) {
  const auto cpu_time = [&] { return harness::find_process(server.pid()).value().cpu_time; };
  const auto before = cpu_time();
  std::this_thread::sleep_for(span);
  return cpu_time() - before;
}

}  // namespace

TEST_CASE("the table of descriptors has its room before the first client comes") {
  constexpr std::size_t kClients = 9000;
  REQUIRE(allow_open_files(kClients + 500));
  const RunningServer server({"--max-connections", std::to_string(kClients)});
  std::ifstream status("/proc/" + std::to_string(server.pid()) + "/status");
  std::size_t room = 0;  // FDSize of proc(5)
  for (std::string word; room == 0 && status >> word;) {
    if (word == "FDSize:") status >> room;
  }
  CHECK(room >= kClients);
}

TEST_CASE(
    "9,000 idle connections cost under 6 KiB each and no processor time, and / is as fast as without them") {
  constexpr int kClients = 9000;
  REQUIRE(allow_open_files(kClients + 500));
  RunningServer server({"--max-connections", "10000", "--idle-timeout", "10m"},
                       {.open_files = kClients + 500});
  const auto alone = median_answer_time(server);
  const auto before = harness::private_memory_kib(server.pid());

  const auto port = server.port();
  std::vector<HttpClient> clients;
  for (int i = 0; i < kClients; ++i) {
    if (clients.emplace_back(port).get("/healthz").status != 200) FAIL("client ", i, " is not served");
  }
  if (!harness::kSanitized) {
    const auto each = (harness::private_memory_kib(server.pid()) - before) * 1024.0 / kClients;
    MESSAGE("bytes of memory for each idle connection: ", each);
    CHECK(each < 6 * 1024);
  }
  CHECK(cpu_time_within(server, 2s) <= 10ms);  // a tick of the kernel's clock
  const auto crowded = median_answer_time(server);
  MESSAGE("median of GET /: ", alone.count(), " us alone, ", crowded.count(), " us among them");
  CHECK(crowded <= 2 * alone + 100us);
  CHECK(clients.front().get("/").status == 200);
  CHECK(clients.back().get("/").status == 200);
}

TEST_CASE(
    "2,000 clients that connect in one moment are all answered, and none waits for its SYN to be sent "
    "again") {
  constexpr int kClients = 2000;
  REQUIRE(allow_open_files(kClients + 500));
  RunningServer server({}, {.open_files = kClients + 500});
  const auto port = server.port();
  harness::Stopwatch watch;
  std::vector<PlainSocket> clients;
  std::vector<pollfd> waiting;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back(port);
    waiting.push_back({clients.back().descriptor(), POLLOUT, 0});
  }
  std::size_t answered = 0;
  while (answered < kClients && poll(waiting.data(), waiting.size(), 10'000) > 0) {
    for (auto& client : waiting) {
      if (client.revents & POLLOUT) {
        REQUIRE(send(client.fd, kGet.data(), kGet.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(kGet.size()));
        client.events = POLLIN;
      } else if (client.revents) {
        char answer[16];
        REQUIRE(recv(client.fd, answer, sizeof answer, 0) == static_cast<ssize_t>(sizeof answer));
        CHECK(std::string_view(answer, 12) == "HTTP/1.1 200");
        client.fd = -1;
        ++answered;
      }
    }
  }
  CHECK(answered == kClients);
  MESSAGE("the last of 2,000 was answered after ", watch.elapsed().count(), " ms");
  for (const auto& client : clients) {
    tcp_info info{};
    socklen_t size = sizeof info;
    REQUIRE(getsockopt(client.descriptor(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
    CHECK(info.tcpi_total_retrans == 0);
  }
}

// Each way is gone once while there are descriptors: UBSan needs two of them when it first meets a type, and
// takes the lack of them for a finding.
void go_each_way_once(const RunningServer& server) {
  HttpClient client(server.port());
  for (const auto* path : {"/", "/healthz", "/non-blocking?CPUTimeMs=0"})
    REQUIRE(client.get(path).status == 200);
}

TEST_CASE(
    "out of descriptors the server serves the clients it has, does not spin, and accepts again when it can") {
  RunningServer server({"--spares", "0"}, {.open_files = 64});
  go_each_way_once(server);
  std::vector<HttpClient> clients;
  for (int i = 0; i < 80; ++i) clients.emplace_back(server.port(), 5s).send(kGet);
  const auto is_served = [](HttpClient& client) {
    return front_door_test::is_readable(client.descriptor(), 0ms);
  };
  // All that it can take are taken once nothing has changed for a while.
  std::size_t served = 0;
  harness::eventually(5s, [&] {
    const auto before = std::exchange(served, std::count_if(clients.begin(), clients.end(), is_served));
    std::this_thread::sleep_for(200ms);
    return served > 0 && served == before;
  });
  CHECK(served >= 20);
  CHECK(served < 64);
  CHECK(cpu_time_within(server, 2s) <= 50ms);

  auto first_waiting = std::partition(clients.begin(), clients.end(), is_served);
  for (auto client = clients.begin(); client != first_waiting; ++client) {
    CHECK(client->read_response().status == 200);
    CHECK(client->get("/healthz").status == 200);
  }
  for (auto client = clients.begin(); client != first_waiting; ++client) client->close();
  for (auto client = first_waiting; client != clients.end(); ++client) {
    CHECK(client->read_response().status == 200);
    client->close();
  }
  HttpClient last(server.port());
  CHECK(last.get("/non-blocking?CPUTimeMs=0").status == 200);
}

TEST_CASE("a heavy request without a descriptor for its process is refused, and the server stands") {
  RunningServer server({"--spares", "0"}, {.open_files = 64});
  go_each_way_once(server);
  std::vector<HttpClient> clients;
  clients.emplace_back(server.port());
  CHECK(clients[0].get("/").status == 200);
  for (int i = 0; i < 80; ++i) clients.emplace_back(server.port(), 5s).send(kGet);
  CHECK(harness::eventually(5s, [&] {
    const auto answer = clients[0].get("/non-blocking?CPUTimeMs=0");
    if (answer.status == 200) return false;
    CHECK(answer.status == 503);
    CHECK(answer.json().at("reason") == "cannot_spawn");
    return true;
  }));
  clients.erase(clients.begin() + 1, clients.end());
  CHECK(harness::eventually(5s, [&] { return clients[0].get("/non-blocking?CPUTimeMs=0").status == 200; }));
}
