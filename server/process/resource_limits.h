#pragma once
// A job's limits as the kernel has them: setrlimit(2), prlimit(2). Knows no process's life. Used by launch.h
// and process.h.

#include <sys/resource.h>
#include <sys/types.h>

#include <array>

#include "server/process/job.h"

namespace process {

struct ResourceLimit {
  __rlimit_resource resource;
  rlimit value;
};
using ResourceLimits = std::array<ResourceLimit, 6>;

/// `file_size` in place of the limits' own.
ResourceLimits to_rlimits(const JobLimits& limits, std::uint64_t file_size);
inline ResourceLimits to_rlimits(const JobLimits& limits) {
  return to_rlimits(limits, limits.file_size);
}

/// Of this process. Best effort: system calls only, as a child after vfork(2) may make.
void set_limits(const ResourceLimits& limits);

/// Gives a running process a job's limits where they differ from those that it has. Best effort: it may have
/// gone already.
void apply_limits(pid_t pid, const JobLimits& limits, const JobLimits& in_force);

/// The same for a process that stays, and has used `cpu` by now: `limits` are soft, so that the next job's
/// may be higher, below the hard ones of `ceiling`. Without a hard limit of the CPU time.
void move_limits(pid_t pid, const JobLimits& limits, const JobLimits& ceiling, Milliseconds cpu);

}  // namespace process
