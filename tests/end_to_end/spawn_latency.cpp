// A server that has grown large starts its crunchers as fast as a small one.

#include <doctest/doctest.h>
#include <sched.h>

#include <algorithm>

#include "tests/end_to_end/job.h"
#include "tests/harness/process_table.h"

namespace end_to_end {
namespace {

constexpr std::size_t kBodySize = std::size_t{15} << 20;
constexpr int kBodies = 72;  // more than 1 GiB together

// Requests whose last byte never comes: the server holds their bodies.
std::vector<HttpClient> fill_with_bodies(const RunningServer& server) {
  std::vector<HttpClient> clients;
  const std::string head =
      "POST /tasks/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(kBodySize + 1) + "\r\n\r\n";
  for (int i = 0; i < kBodies; ++i) {
    clients.emplace_back(server.port());
    clients.back().send(head);
    clients.back().send(std::string(kBodySize, ' '));
  }
  return clients;
}

double time_of_one_job(HttpClient& client) {
  const auto start = Clock::now();
  const auto response = client.post("/tasks/nothing", Json::object());
  const auto took = Clock::now() - start;
  REQUIRE(response.status == 200);
  return std::chrono::duration<double, std::milli>(took).count();
}

int scheduling_class(const RunningServer& server) {
  return sched_getscheduler(server.pid()) & ~SCHED_RESET_ON_FORK;
}

// What nine tenths take longer than. A median will not do: one of two like servers is now and then a quarter
// slower for a while, by where the kernel has its threads run. What its size costs, each spawn would pay.
double tenth_percentile(std::vector<double> values) {
  const auto tenth = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 10);
  std::nth_element(values.begin(), tenth, values.end());
  return *tenth;
}

TEST_CASE("a server of a gigabyte spawns within 1.2 times the time of a small one") {
  // No spares: every job waits for its spawn.
  const std::vector<std::string> flags({"--max-body", "16MiB", "--max-buffered", "4GiB", "--header-timeout",
                                        "120s", "--body-timeout", "120s"});
  const UnrulyServer small(flags), large(flags);
  const auto bodies = fill_with_bodies(large);
  REQUIRE(eventually(seconds(20), [&] { return harness::private_memory_kib(large.pid()) >= 1 << 20; }));
  // To read all that makes a loop step down from its class for a while, and it is the size that is compared.
  REQUIRE(eventually(seconds(10), [&] { return scheduling_class(large) == scheduling_class(small); }));

  HttpClient to_small(small.port()), to_large(large.port());
  std::vector<double> small_ms, large_ms;
  for (int i = 0; i < 20; ++i) time_of_one_job(to_small), time_of_one_job(to_large);
  // In turns, so that whatever else the machine does falls on both alike.
  for (int i = 0; i < 300; ++i) {
    small_ms.push_back(time_of_one_job(to_small));
    large_ms.push_back(time_of_one_job(to_large));
  }
  const auto small_takes = tenth_percentile(small_ms), large_takes = tenth_percentile(large_ms);
  MESSAGE("a job with its spawn: " << small_takes << " ms small, " << large_takes << " ms large");
  CHECK(large_takes <= 1.2 * small_takes);
}

}  // namespace
}  // namespace end_to_end
