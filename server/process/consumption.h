#pragma once
// What one process uses, and what of that is its job's. Knows no pipe and no job. Owned by process.h.

#include <sys/types.h>

#include <optional>

#include "server/loop/loop.h"
#include "server/process/outcome.h"
#include "server/process/proc_file.h"
#include "server/process/wait_status.h"

namespace process {

class Consumption {
 public:
  /// `inherited_kib`: the peak of memory that its launcher has handed down.
  Consumption(pid_t pid, long inherited_kib) : pid_(pid), inherited_kib_(inherited_kib), cpu_ms_(pid) {}

  /// Its job is done: what has been used by now is no later one's.
  void finish_job();
  /// CPU time of the jobs that are done, in milliseconds.
  double earlier_cpu_ms() const { return earlier_cpu_ms_; }

  /// Its peak of memory so far, for usage(), where the kernel will not tell it.
  void note_peak();
  MemoryOf::Memory memory();
  /// True where nobody has asked this for so long; from then on somebody has.
  bool memory_is_unseen(Milliseconds time);

  /// Of its job; `status` is what the kernel tells at the end, once there is one.
  Usage usage(const std::optional<WaitStatus>& status) const;

 private:
  const pid_t pid_;
  const long inherited_kib_;
  const CpuTimeOf cpu_ms_;
  double earlier_cpu_ms_ = 0;
  long earlier_peak_kib_ = 0;
  std::optional<long> peak_kib_;
  std::optional<MemoryOf> memory_;  // once somebody has asked
  Clock::time_point memory_seen_;
};

}  // namespace process
