#pragma once
// The figures of jobs by their task, and of those whose clients have keys, for Prometheus. Part of metrics.h.

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "server/offload/dispatcher.h"
#include "server/process/outcome.h"

namespace telemetry {

class JobMetrics {
 public:
  /// `registry` must outlive it.
  explicit JobMetrics(prometheus::Registry& registry);
  ~JobMetrics();

  /// The figures of that task exist from now on, at 0.
  void expect_task(const std::string& name);

  /// One job has ended so.
  void count(std::string_view task, std::string_view outcome);
  void charge(std::string_view task, const process::Usage& usage);
  /// The same of a client that has a key; `usage` is null where no process was used.
  void count_for_client(std::string_view client, std::string_view outcome, const process::Usage* usage);

  /// Brings the levels up to date.
  void read(const offload::Dispatcher& dispatcher);

 private:
  struct Task;
  Task& task(std::string_view name);

  prometheus::Family<prometheus::Counter>&jobs_, &cpu_, &client_jobs_, &client_cpu_;
  prometheus::Family<prometheus::Histogram>&wait_, &run_;
  prometheus::Family<prometheus::Gauge>&rss_, &live_;
  prometheus::Gauge& oldest_;
  // What was looked up once: families lock and hash on every Add().
  std::map<std::string, std::unique_ptr<Task>, std::less<>> tasks_seen_;
  std::set<std::string, std::less<>> clients_seen_;
};

}  // namespace telemetry
