#pragma once
// The figures of the server's own process, for Prometheus. Part of metrics.h.

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace telemetry {

class ProcessMetrics {
 public:
  /// `registry` must outlive it.
  explicit ProcessMetrics(prometheus::Registry& registry);

  /// Brings the levels up to date.
  void read();

 private:
  prometheus::Counter& cpu_;
  prometheus::Gauge &memory_, &descriptors_;
};

}  // namespace telemetry
