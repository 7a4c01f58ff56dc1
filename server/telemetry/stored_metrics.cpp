#include "server/telemetry/stored_metrics.h"

namespace telemetry {
namespace {

prometheus::Gauge& level(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Histogram::BucketBoundaries commit_buckets() {
  return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5};
}

}  // namespace

StoredMetrics::StoredMetrics(prometheus::Registry& registry, jobs::Store& store)
    : store_(store),
      oldest_(level(registry, "cruncherd_stored_oldest_seconds",
                    "Age of the stored job that is queued longest; 0 where none is.")),
      bytes_(level(registry, "cruncherd_stored_bytes", "Contents and results of stored jobs.")),
      failing_(level(registry, "cruncherd_store_failing", "1 while nothing can be stored.")),
      commit_(prometheus::BuildHistogram()
                  .Name("cruncherd_store_commit_seconds")
                  .Help("One group of what was asked of the store, until it is on disk.")
                  .Register(registry)
                  .Add({}, commit_buckets())) {
  auto& family =
      prometheus::BuildGauge().Name("cruncherd_stored_jobs").Help("Stored jobs by state.").Register(registry);
  for (int i = 0; i < jobs::kStates; ++i)
    by_state_[static_cast<std::size_t>(i)] =
        &family.Add({{"state", std::string(jobs::to_string(static_cast<jobs::State>(i)))}});
  store.on_commit = [this](double seconds) { commit_.Observe(seconds); };
}

void StoredMetrics::read() {
  const auto& figures = store_.figures();
  for (std::size_t i = 0; i < by_state_.size(); ++i)
    by_state_[i]->Set(static_cast<double>(figures.by_state[i]));
  const auto since = figures.oldest_queued;
  oldest_.Set(since ? static_cast<double>(jobs::now() - since) / 1e3 : 0);
  bytes_.Set(static_cast<double>(figures.bytes));
  failing_.Set(store_.fault().empty() ? 0 : 1);
}

}  // namespace telemetry
