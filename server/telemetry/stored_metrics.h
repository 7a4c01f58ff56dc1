#pragma once
// The figures of stored jobs, for Prometheus. Part of metrics.h.

#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>

#include "server/jobs/store.h"

namespace telemetry {

class StoredMetrics {
 public:
  /// Both must outlive it. Hears of the store's commits from now on.
  StoredMetrics(prometheus::Registry& registry, jobs::Store& store);

  /// Brings the levels up to date.
  void read();

 private:
  const jobs::Store& store_;
  std::array<prometheus::Gauge*, jobs::kStates> by_state_;
  prometheus::Gauge &oldest_, &bytes_, &failing_;
  prometheus::Histogram& commit_;
};

}  // namespace telemetry
