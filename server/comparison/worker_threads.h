#pragma once
// The origin's other way: the same work on a thread of the server instead of a process, to be compared. It
// takes a slot like any job, but nothing protects the server from what a thread does: so it runs only the
// busy loop, which asks when to stop.

#include "server/loop/thread_pool.h"
#include "server/offload/admission.h"
#include "server/process/outcome.h"

namespace comparison {

class WorkerThreads {
 public:
  /// As many threads as there are slots; none starts before it is needed.
  WorkerThreads(Loop& loop, offload::Admission& admission) : loop_(loop), admission_(admission) {}

  /// Burns `cpu` on a worker thread. Suspends until done, refused or past `deadline`; cancelled, the thread
  /// stops soon.
  awaitable<process::Outcome> spin(Milliseconds cpu, Deadline deadline, const process::Client& client);

 private:
  Loop& loop_;
  offload::Admission& admission_;
  std::unique_ptr<loop::ThreadPool> threads_;
};

}  // namespace comparison
