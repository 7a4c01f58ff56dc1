#pragma once
// How long a test waits for something that must happen, and for how much slower a sanitized server may be.
// Knows nothing of what is waited for. Used wherever no descriptor tells of the event (a process in /proc, a
// file).

#include <chrono>
#include <thread>

#include "tests/harness/sanitized.h"

namespace harness {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// An upper bound on a time, for the build at hand: as given, or four times that where sanitizers slow the
/// server down.
constexpr milliseconds at_most(milliseconds bound) {
  return kSanitized ? bound * 4 : bound;
}

/// Asks until `holds()` is true, at most for `within`; the last answer.
template <typename Predicate>
bool eventually(milliseconds within, Predicate holds) {
  const auto end = Clock::now() + within;
  while (!holds()) {
    if (Clock::now() >= end) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

/// Time passed since its construction.
class Stopwatch {
 public:
  milliseconds elapsed() const { return std::chrono::duration_cast<milliseconds>(Clock::now() - start_); }

 private:
  Clock::time_point start_ = Clock::now();
};

}  // namespace harness
