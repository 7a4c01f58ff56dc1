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
  JobListener* listener = nullptr;
};

/// Carries on `dialogue` and waits for what becomes of it; suspends until the deadline at most (and a moment
/// more, to read what a killed job has cost). `json_pool` collects and understands what is too long for the
/// loop. `progress` follows the dialogue's. Afterwards the process must be ended. Cancelled, it leaves the
/// process as it is.
awaitable<Outcome> run_job(Process& process, std::shared_ptr<Dialogue> dialogue, JobBounds bounds,
                           const EndPolicy& policy, ThreadPool& json_pool, double& progress);

}  // namespace process
