#pragma once
// Whether a process that has answered may be given another job: silent, childless, small. Knows no job and no
// crew. Asked by crew.h after each job of a process that may stay.

#include <optional>
#include <string_view>

#include "server/loop/unique_fd.h"
#include "server/process/orphans.h"
#include "server/process/process.h"

namespace process {

/// Why a process that did nothing wrong is ended all the same: a label of the metrics.
enum class Recycled { jobs, memory, idle, children, output, ended };
inline constexpr Recycled kAllRecycled[] = {Recycled::jobs,     Recycled::memory, Recycled::idle,
                                            Recycled::children, Recycled::output, Recycled::ended};
std::string_view to_string(Recycled reason);

class Fitness {
 public:
  /// `orphans` must outlive it.
  explicit Fitness(Orphans& orphans);

  /// What speaks against the next job, or nothing. `memory` is in bytes; 0: no bound. A few system calls,
  /// unless something was started on the machine since the last look.
  std::optional<Recycled> fault_of(Process& process, std::uint64_t memory);

  /// The part of it that may have come while the process waited.
  static std::optional<Recycled> fault_since(Process& process);

 private:
  bool has_children(Process& process);

  Orphans& orphans_;
  const loop::UniqueFd last_pid_;  // sysctl kernel.ns_last_pid
};

}  // namespace process
