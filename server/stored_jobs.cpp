#include "server/stored_jobs.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/startup.h"

namespace server {
namespace {

jobs::Terms terms_of(const Options& options, const identity::Clients& clients) {
  jobs::Terms terms;
  terms.backlog = options.backlog;
  terms.background = options.background ? options.background : std::max<std::size_t>(options.running, 2) - 1;
  terms.keep_results = options.keep_results;
  terms.keep_bytes = options.keep_bytes;
  terms.client_of = [&clients](const std::string& name) { return clients.terms_of(name); };
  return terms;
}

}  // namespace

StoredJobs::StoredJobs(Loop& loop, const Options& options, offload::Admission& admission,
                       routes::Offload& offload, loop::ThreadPool& json_pool,
                       const identity::Clients& clients, const std::vector<telemetry::Observer*>& observers)
    : work_(offload, json_pool, observers) {
  if (options.jobs_dir.empty()) return;
  try {
    store_.emplace(loop, options.jobs_dir);
  } catch (const jobs::StoreRefused& error) {
    throw RefusedStart(fmt::format("--jobs-dir: {}", error.what()));
  }
  runner_.emplace(loop, *store_, admission, work_, terms_of(options, clients));
}

void StoredJobs::begin() {
  if (runner_) runner_->begin();
}

void StoredJobs::drain() {
  if (runner_) runner_->drain();
}

void StoredJobs::finish() {
  if (store_) store_->finish([](jobs::Database& database) { database.queue_all_again(); });
}

}  // namespace server
