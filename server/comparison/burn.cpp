#include "server/comparison/burn.h"

#include "server/loop/thread_cpu_time.h"

namespace comparison {
namespace {

// So many rounds between two looks at the clocks: some ten microseconds.
constexpr int kRounds = 10'000;

}  // namespace

double burn_cpu(Milliseconds cpu, const std::function<bool()>& stop) {
  const auto start = thread_cpu_time();
  double used = 0;
  while (used < static_cast<double>(cpu.count())) {
    for (int round = 0; round < kRounds; ++round) asm volatile("");  // a loop that no compiler may leave out
    used = milliseconds(thread_cpu_time() - start);
    if (stop()) break;
  }
  return used;
}

}  // namespace comparison
