#pragma once
// All that does heavy work, wired: slots, crews, threads, stored jobs, and what the routes see of them. Made
// by main before the routes are; knows no route and no connection.

#include "server/comparison/worker_threads.h"
#include "server/crews_apart.h"
#include "server/options.h"
#include "server/routes/content_reading.h"
#include "server/stored_jobs.h"
#include "server/telemetry/access_log.h"

namespace server {

class HeavyWork {
 public:
  /// What it uses, all of which must outlive it.
  struct Parts {
    Loop& loop;
    loop::ThreadPool& json_pool;
    loop::Scratch& scratch;
    const routes::Catalogue& catalogue;
    const identity::Clients& clients;
    const std::vector<telemetry::Observer*>& observers;
    telemetry::AccessLog& log;
  };
  /// Starts the launchers. Throws RefusedStart, or std::system_error where one cannot be had.
  HeavyWork(const Parts& parts, const Options& options);

  /// Starts the spares, and the stored jobs that are queued.
  void begin();
  /// Once the loop has ended: ends what still runs. How many processes have not ended even so.
  std::size_t finish();

  process::Orphans& orphans() { return orphans_; }
  offload::Admission& admission() { return admission_; }
  offload::Dispatcher& dispatcher() { return dispatcher_; }
  routes::Offload& for_routes() { return for_routes_; }
  StoredJobs& stored() { return stored_; }

 private:
  process::Orphans orphans_;
  offload::Crew crew_;
  offload::Admission admission_;
  offload::Dispatcher dispatcher_;
  CrewsApart crews_apart_;
  comparison::WorkerThreads threads_;
  routes::ContentReading contents_;
  routes::Offload for_routes_;
  StoredJobs stored_;
};

}  // namespace server
