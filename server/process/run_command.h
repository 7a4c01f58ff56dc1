#pragma once
// One command's job with its process, from its start to its outcome. What it reads and writes are files, so
// there is nothing to do but to wait, and to read what it complains of. Called by dispatcher.h.

#include "server/loop/thread_pool.h"
#include "server/process/command.h"
#include "server/process/process.h"

namespace process {

/// Suspends until the process has ended, or the deadline (and a moment more, to read what a killed job has
/// cost). `listener`, which may be null, hears of its stderr. `files` opens what it has written. Afterwards
/// the process must be ended. Cancelled, it leaves the process as it is.
awaitable<Outcome> run_command(Process& process, const Command& command, Deadline deadline,
                               const EndPolicy& policy, ThreadPool& files, JobListener* listener);

/// RLIMIT_FSIZE of a command's processes: of the result, where that is stdout, and of all other files.
std::uint64_t file_size_of(const JobLimits& limits);

}  // namespace process
