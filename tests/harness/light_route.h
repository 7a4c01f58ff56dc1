#pragma once
// Asks `/` again and again beside what a test does to a server: nobody may freeze it for others. Knows
// nothing of what is done.

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <future>
#include <vector>

#include "tests/harness/http_client.h"
#include "tests/harness/patience.h"

namespace harness {

/// Of values in any order; there must be one.
inline double percentile_99(std::vector<double> values) {
  REQUIRE_FALSE(values.empty());
  std::sort(values.begin(), values.end());
  return values[values.size() * 99 / 100];
}

/// Other clients, one after the other, from its construction on. They come from an address of their own.
class LightRoute {
 public:
  explicit LightRoute(std::uint16_t port)
      : times_ms_(std::async(std::launch::async, [this, port] { return ask(port); })) {}
  ~LightRoute() { enough_ = true; }

  /// Asks no more. The 99th percentile of the times until an answer, in milliseconds. To be called once.
  double p99_ms() {
    enough_ = true;
    return percentile_99(times_ms_.get());
  }

 private:
  // What is measured is the server, not this thread's own wait for a core, as far as it may say so.
  std::vector<double> ask(std::uint16_t port) const {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), -19);
    std::vector<double> times_ms;
    do {
      const auto sent = Clock::now();
      if (HttpClient::from("127.0.0.3", port).get("/").status != 200) return {};
      times_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - sent).count());
      std::this_thread::sleep_for(milliseconds(10));
    } while (!enough_);
    return times_ms;
  }

  std::atomic<bool> enough_ = false;
  std::future<std::vector<double>> times_ms_;
};

/// What `/` may take another client while somebody attacks, in milliseconds, at the 99th percentile. Twice
/// that where that client itself has to wait for a core.
inline double light_p99_bound_ms() {
  return static_cast<double>(at_most(milliseconds(getuid() == 0 ? 20 : 40)).count());
}

}  // namespace harness
