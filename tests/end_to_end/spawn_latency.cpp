// A server that has grown large starts its crunchers as fast as a small one.

#include <doctest/doctest.h>

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

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

TEST_CASE("a server of a gigabyte spawns within 1.2 times the time of a small one") {
  // No spares: every job waits for its spawn.
  const std::vector<std::string> flags({"--max-body", "16MiB", "--max-buffered", "4GiB", "--header-timeout",
                                        "120s", "--body-timeout", "120s"});
  const UnrulyServer small(flags), large(flags);
  const auto bodies = fill_with_bodies(large);
  REQUIRE(eventually(seconds(20), [&] { return harness::private_memory_kib(large.pid()) >= 1 << 20; }));

  HttpClient to_small(small.port()), to_large(large.port());
  std::vector<double> small_ms, large_ms;
  for (int i = 0; i < 20; ++i) time_of_one_job(to_small), time_of_one_job(to_large);
  // In turns, so that whatever else the machine does falls on both alike.
  for (int i = 0; i < 300; ++i) {
    small_ms.push_back(time_of_one_job(to_small));
    large_ms.push_back(time_of_one_job(to_large));
  }
  MESSAGE("median of a job with its spawn: " << median(small_ms) << " ms small, " << median(large_ms)
                                             << " ms large");
  CHECK(median(large_ms) <= 1.2 * median(small_ms));
}

}  // namespace
}  // namespace end_to_end
