#pragma once
// The server's figures for Prometheus, kept with prometheus-cpp. Every label comes from a bounded set.
// Made in main, before what it hears of; asked by the route /metrics.

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "server/telemetry/job_metrics.h"
#include "server/telemetry/level_metrics.h"
#include "server/telemetry/observer.h"
#include "server/telemetry/process_metrics.h"
#include "server/telemetry/stored_metrics.h"

namespace telemetry {

class Metrics final : public Observer {
 public:
  Metrics();
  ~Metrics() override;

  /// The figures of that task exist from now on, at 0.
  void expect_task(const std::string& name) { jobs_.expect_task(name); }

  /// Shows stored jobs as well.
  void show(jobs::Store& store) { stored_ = std::make_unique<StoredMetrics>(registry_, store); }

  void on_request(const RequestRecord& record) override;
  void on_stored_job(const StoredJobRecord& record) override;
  void on_abandoned(const process::Abandoned& job, const process::Usage& usage) override;
  void on_bug(std::string_view request_id, std::string_view what) override;
  /// One process was started, which took so long.
  void on_start(double seconds) override { spawn_.Observe(seconds); }

  /// The text exposition format, version 0.0.4.
  std::string text(const Sources& sources);

 private:
  struct Route;
  Route& route(const RequestRecord& record);

  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>&requests_, &refusals_;
  prometheus::Family<prometheus::Histogram>& duration_;
  prometheus::Histogram& spawn_;
  prometheus::Counter& bugs_;
  JobMetrics jobs_;
  LevelMetrics levels_;
  ProcessMetrics process_;
  std::unique_ptr<StoredMetrics> stored_;
  // What was looked up once: families lock and hash on every Add().
  std::map<std::tuple<std::string_view, std::string_view, int>, std::unique_ptr<Route>> routes_seen_;
};

}  // namespace telemetry
