#include "server/offload/burn.h"

#include <time.h>

namespace offload {
namespace {

// So many rounds between two looks at the clocks: some ten microseconds.
constexpr int kRounds = 10'000;

double thread_cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

}  // namespace

double burn_cpu(Milliseconds cpu, Deadline deadline, const std::atomic<bool>* stop) {
  const double start = thread_cpu_ms();
  double used = 0;
  while (used < static_cast<double>(cpu.count())) {
    for (int round = 0; round < kRounds; ++round) asm volatile("");  // a loop that no compiler may leave out
    used = thread_cpu_ms() - start;
    if ((stop && stop->load(std::memory_order_relaxed)) || Clock::now() >= deadline) break;
  }
  return used;
}

}  // namespace offload
