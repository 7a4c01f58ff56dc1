#include "server/process/consumption.h"

#include <algorithm>
#include <utility>

namespace process {

void Consumption::finish_job() {
  earlier_cpu_ms_ = cpu_ms_().value_or(earlier_cpu_ms_);
  earlier_peak_kib_ = std::max(earlier_peak_kib_, std::exchange(peak_kib_, {}).value_or(0));
}

// A peak that is no higher than before was another job's.
void Consumption::note_peak() {
  const auto peak = peak_resident_kib(pid_);
  if (peak > earlier_peak_kib_) peak_kib_ = peak;
}

MemoryOf::Memory Consumption::memory() {
  if (!memory_) memory_.emplace(pid_);
  return (*memory_)();
}

bool Consumption::memory_is_unseen(Milliseconds time) {
  const auto now = Clock::now();
  if (now - memory_seen_ < time) return false;
  memory_seen_ = now;
  return true;
}

Usage Consumption::usage(const std::optional<WaitStatus>& status) const {
  Usage usage;
  usage.pid = pid_;
  usage.max_rss_kib = peak_kib_;
  if (status) {
    usage.user_ms = status->user_ms();
    usage.system_ms = status->system_ms();
    if (status->usage.ru_maxrss > std::max(inherited_kib_, earlier_peak_kib_))
      usage.max_rss_kib = status->usage.ru_maxrss;
  } else {
    usage.user_ms = cpu_ms_().value_or(earlier_cpu_ms_) - earlier_cpu_ms_;  // not told apart while it runs
  }
  return usage;
}

}  // namespace process
