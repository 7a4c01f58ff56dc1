#pragma once
// What somebody else counts or holds, read when Prometheus asks: connections, slots, processes, the log. Part
// of metrics.h.

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <utility>
#include <vector>

#include "server/telemetry/sources.h"

namespace telemetry {

class LevelMetrics {
 public:
  /// One figure of the sources.
  using Reading = double (*)(const Sources&);

  /// `registry` must outlive it.
  explicit LevelMetrics(prometheus::Registry& registry);

  /// Brings all of them up to date.
  void read(const Sources& sources);

 private:
  std::vector<std::pair<prometheus::Counter*, Reading>> counters_;
  std::vector<std::pair<prometheus::Gauge*, Reading>> gauges_;
  prometheus::Family<prometheus::Counter>&closed_, &recycled_;
};

}  // namespace telemetry
