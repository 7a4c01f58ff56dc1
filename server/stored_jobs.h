#pragma once
// Stored jobs, wired: the store, its runner and what the routes see of them; nothing of these where there is
// no --jobs-dir. Made in main, ended by lifecycle.h.

#include <optional>

#include "server/identity/clients.h"
#include "server/options.h"
#include "server/routes/replay.h"
#include "server/routes/stored.h"

namespace server {

class StoredJobs {
 public:
  /// All of them must outlive it. Throws RefusedStart where the folder is another server's, or of a newer
  /// version.
  StoredJobs(Loop& loop, const Options& options, offload::Admission& admission, routes::Offload& offload,
             loop::ThreadPool& json_pool, const identity::Clients& clients,
             const std::vector<telemetry::Observer*>& observers);

  routes::Stored for_routes(bool for_operators) {
    return {store_ ? &*store_ : nullptr, runner_ ? &*runner_ : nullptr, for_operators};
  }
  /// Null where there are none.
  jobs::Store* store() { return store_ ? &*store_ : nullptr; }
  /// What keeps jobs from being stored; empty where all is well.
  std::string fault() const { return store_ ? store_->fault() : std::string(); }

  void begin();
  /// Starts no more of them.
  void drain();
  std::size_t running() const { return runner_ ? runner_->running() : 0; }
  /// Once the loop has ended: what runs goes back to the queue.
  void finish();

 private:
  routes::StoredWork work_;
  std::optional<jobs::Store> store_;
  std::optional<jobs::Runner> runner_;
};

}  // namespace server
