// Ten times more load than there is capacity: what can be done is done, the rest is refused at once, nothing
// grows. CRUNCHER_TEST_SECONDS sets how long the load lasts.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "tests/end_to_end/job.h"
#include "tests/harness/light_route.h"
#include "tests/harness/process_table.h"

namespace end_to_end {
namespace {

using harness::at_most;
using harness::kSanitized;
using harness::percentile_99;
using Micro = std::chrono::duration<double, std::milli>;

constexpr int kSlots = 2;
constexpr milliseconds kJob{50};

struct Tally {
  int done = 0;
  int other = 0;
  std::vector<double> refusals_ms = {};

  void add(const Tally& more) {
    done += more.done;
    other += more.other;
    refusals_ms.insert(refusals_ms.end(), more.refusals_ms.begin(), more.refusals_ms.end());
  }
};

// One client that sends a job each `pace`, or as soon as the one before is answered where that takes longer.
Tally keep_sending(const RunningServer& server, milliseconds pace, Clock::time_point begin,
                   Clock::time_point end) {
  HttpClient client(server.port());
  Tally tally;
  for (auto next = begin; next < end; next = std::max(next + pace, Clock::now())) {
    std::this_thread::sleep_until(next);
    const auto sent = Clock::now();
    const auto response = client.post("/tasks/sleep", {{"ms", kJob.count()}});
    if (response.status == 200) {
      ++tally.done;
    } else if (outcome_of(response) == "503 queue_full") {
      tally.refusals_ms.push_back(Micro(Clock::now() - sent).count());
    } else {
      ++tally.other;
    }
  }
  return tally;
}

Tally load(const RunningServer& server, int clients, milliseconds pace, milliseconds duration) {
  const auto start = Clock::now();
  std::vector<std::future<Tally>> running;
  for (int i = 0; i < clients; ++i) {
    // Not all at once, or each would wait for the requests of the others.
    const auto begin = start + pace * i / clients;
    running.push_back(std::async(std::launch::async, [&, pace, begin] {
      return keep_sending(server, pace, begin, start + duration);
    }));
  }
  Tally total;
  for (auto& one : running) total.add(one.get());
  return total;
}

TEST_CASE(
    "under ten times its capacity the server does what it can, refuses the rest at once and does not grow") {
  const char* const wish = std::getenv("CRUNCHER_TEST_SECONDS");
  const seconds duration(wish ? std::atoi(wish) : 5);
  const UnrulyServer server({"--running", std::to_string(kSlots), "--spares", std::to_string(kSlots),
                             "--waiting", "4", "--priority", "idle"});

  const auto alone = load(server, kSlots, milliseconds(0), seconds(3));
  const double capacity = alone.done / 3.0;
  REQUIRE(capacity > 0);
  CHECK(alone.other == 0);

  // Clients enough to ask ten times as often as the slots can serve, one request each 40 ms.
  constexpr milliseconds kPace{40};
  const int clients = static_cast<int>(10 * capacity * kPace.count() / 1000) + kSlots + 4;
  load(server, clients, kPace, seconds(1));
  const auto memory_before = harness::private_memory_kib(server.pid());
  harness::LightRoute light(server.port());
  const auto crowded = load(server, clients, kPace, duration);
  const auto light_ms = light.p99_ms();

  const double goodput = static_cast<double>(crowded.done) / duration.count();
  const double refused = static_cast<double>(crowded.refusals_ms.size()) / duration.count();
  MESSAGE("capacity " << capacity << "/s, goodput " << goodput << "/s, refused " << refused
                      << "/s, refusal p99 " << percentile_99(crowded.refusals_ms) << " ms, / p99 " << light_ms
                      << " ms");
  CHECK(goodput >= capacity * 0.95);
  CHECK(refused >= capacity * (kSanitized ? 3 : 7));
  CHECK(crowded.other == 0);
  CHECK(percentile_99(crowded.refusals_ms) < at_most(milliseconds(5)).count());
  CHECK(light_ms < at_most(milliseconds(5)).count());
  const auto memory_after = harness::private_memory_kib(server.pid());
  if (!kSanitized) CHECK(memory_after < memory_before + 2048);  // a sanitizer keeps freed memory for a while
}

}  // namespace
}  // namespace end_to_end
