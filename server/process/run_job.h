#pragma once
// One job with one process, from the first byte of the request to its outcome: all the waiting that a
// dialogue needs. Knows neither protocol nor queue. Called by dispatcher.h.

#include <memory>

#include "server/loop/thread_pool.h"
#include "server/process/dialogue.h"
#include "server/process/process.h"

namespace process {

/// What bounds a job, beside what its dialogue knows.
struct JobBounds {
  Deadline deadline;
  /// A brief job is over when all has been said, though its process has not ended.
  bool process_may_remain = false;
  /// It may be given another job: its stdin is left open, and nobody waits for its end where it waits for
  /// that.
  bool process_may_stay = false;
  /// What the kernel does not bound, and is looked at while a job lasts: resident memory, and the CPU time of
  /// a process that stays. Zero: no bound.
  std::uint64_t memory = 0;
  Milliseconds cpu{0};
  bool usage_is_told = false;  ///< by the cruncher in its answer, if at all
  JobListener* listener = nullptr;
};

/// What the process is good for when its job is over.
enum class Afterwards {
  end,        ///< nothing
  next_job,   ///< it has said all, and waits
  same_again  ///< it ended, or closed its stdin, and has read nothing: another process may do the job
};

struct Ran {
  Outcome outcome;
  Afterwards process = Afterwards::end;
};

/// Carries on `dialogue` and waits for what becomes of it; suspends until the deadline at most (and a moment
/// more, to read what a killed job has cost). `json_pool` collects and understands what is too long for the
/// loop. `progress` follows the dialogue's. Afterwards the process must be ended, unless it waits for its
/// next job. Cancelled, it leaves the process as it is.
awaitable<Ran> run_job(Process& process, std::shared_ptr<Dialogue> dialogue, JobBounds bounds,
                       const EndPolicy& policy, ThreadPool& json_pool, double& progress);

}  // namespace process
