#pragma once
// The server's figures for Prometheus, kept with prometheus-cpp. Every label comes from a bounded set.
// Made in main; hears of every request; asked by the route /metrics.

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>

#include "server/front_door/door.h"
#include "server/offload/dispatcher.h"
#include "server/telemetry/log.h"
#include "server/telemetry/observer.h"
#include "server/telemetry/process_metrics.h"
#include "server/telemetry/stored_metrics.h"

namespace telemetry {

class Metrics final : public Observer {
 public:
  Metrics(const offload::Dispatcher& dispatcher, const front_door::Door& door, const Log& log);
  ~Metrics() override;

  /// The figures of that task exist from now on, at 0.
  void expect_task(const std::string& name);

  /// Shows stored jobs as well.
  void show(jobs::Store& store) { stored_ = std::make_unique<StoredMetrics>(registry_, store); }

  void on_request(const RequestRecord& record) override;
  void on_stored_job(const StoredJobRecord& record) override;
  void on_abandoned(const process::Abandoned& job, const process::Usage& usage) override;
  void on_bug(std::string_view request_id, std::string_view what) override;
  /// One process was started, which took so long.
  void on_start(double seconds) override { spawn_.Observe(seconds); }

  /// The text exposition format, version 0.0.4.
  std::string text();

 private:
  struct Task;
  struct Route;
  void charge(std::string_view task, const process::Usage& usage);
  void count_for_client(const RequestRecord& record, std::string_view outcome);
  Task& task(std::string_view name);
  Route& route(const RequestRecord& record);
  void read_levels();
  void read_jobs();

  const offload::Dispatcher& dispatcher_;
  const front_door::Door& door_;
  const Log& log_;
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>&requests_, &jobs_, &cpu_, &client_jobs_, &client_cpu_, &refusals_,
      &closed_, &spawns_, &recycled_;
  prometheus::Family<prometheus::Histogram>&duration_, &wait_, &run_;
  prometheus::Family<prometheus::Gauge>&rss_, &live_;
  prometheus::Histogram& spawn_;
  prometheus::Counter &accepted_, &orphans_, &spares_died_, &reused_, &bugs_, &lost_lines_;
  prometheus::Gauge &open_, &buffered_, &running_, &slots_, &waiting_, &queue_limit_, &spares_, &oldest_;
  ProcessMetrics process_;
  std::unique_ptr<StoredMetrics> stored_;
  // What was looked up once: families lock and hash on every Add().
  std::map<std::tuple<std::string_view, std::string_view, int>, std::unique_ptr<Route>> routes_seen_;
  std::map<std::string, std::unique_ptr<Task>, std::less<>> tasks_seen_;
  std::set<std::string, std::less<>> clients_seen_;
};

}  // namespace telemetry
