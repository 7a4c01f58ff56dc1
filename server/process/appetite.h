#pragma once
// What a job's process has eaten, looked at while it lasts: the memory that it holds, and the CPU time
// where the kernel does not bound it. Knows no dialogue. Used by run_job.h.

#include <optional>

#include "server/process/outcome.h"
#include "server/process/process.h"

namespace process {

class Appetite {
 public:
  /// Zero: no bound. `process` must outlive it.
  Appetite(Process& process, std::uint64_t memory, Milliseconds cpu);

  /// When look() is due. A brief job is over by then; max() where there is nothing to look at.
  Deadline next_look() const { return next_look_; }
  /// The failure of a job that has had too much, once; nothing before next_look().
  std::optional<Failure> look();
  /// It has had too much: no grace.
  bool exceeded() const { return exceeded_; }

  /// Names the limit where a process has ended by itself near it, without an answer: programs say in many
  /// ways that they got no memory. Pages of files do not count, as far as look() has seen them.
  void explain(Failure& failure) const;

 private:
  std::uint64_t held_by(pid_t pid, std::uint64_t resident);
  std::uint64_t held_by_family();

  Process& process_;
  const std::uint64_t memory_;
  const Milliseconds cpu_;
  Deadline next_look_ = Deadline::max();
  unsigned looks_ = 0;
  std::uint64_t most_ = 0;        // bytes that were seen to be held
  std::uint64_t file_pages_ = 0;  // bytes that were seen to be resident, but a file's
  bool exceeded_ = false;
};

}  // namespace process
