#include "server/telemetry/job_metrics.h"

#include <algorithm>

#include "server/telemetry/words.h"

namespace telemetry {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

constexpr std::size_t kJobsLookedAt = 10'000;
constexpr std::size_t kClientsSeen = 1000;

Buckets wait_buckets() {
  return {0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}
Buckets run_buckets() {
  return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300};
}

auto& counters_of_jobs(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
auto& histograms_of_jobs(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}
auto& gauges_of_jobs(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

}  // namespace

struct JobMetrics::Task {
  prometheus::Histogram &wait, &run;
  prometheus::Counter &user, &system;
  prometheus::Gauge &rss, &running, &waiting;
};

JobMetrics::JobMetrics(prometheus::Registry& registry)
    : jobs_(counters_of_jobs(registry, "cruncherd_jobs_total", "Jobs by task and outcome.")),
      cpu_(counters_of_jobs(registry, "cruncherd_job_cpu_seconds_total",
                            "CPU time of jobs by task and mode; a job under 10 ms counts as user time.")),
      client_jobs_(counters_of_jobs(registry, "cruncherd_client_jobs_total",
                                    "Jobs by outcome of each client that has a key.")),
      client_cpu_(counters_of_jobs(registry, "cruncherd_client_cpu_seconds_total",
                                   "CPU time of the jobs of each client that has a key.")),
      wait_(histograms_of_jobs(registry, "cruncherd_job_wait_seconds",
                               "A job's wait for a slot and a process.")),
      run_(histograms_of_jobs(registry, "cruncherd_job_run_seconds", "A job's time with its process.")),
      rss_(gauges_of_jobs(registry, "cruncherd_job_max_resident_bytes",
                          "Largest peak of resident memory known, by task; of jobs that answer within 10 ms "
                          "it mostly is not.")),
      live_(gauges_of_jobs(registry, "cruncherd_jobs", "Jobs by task and state, of the oldest 10,000.")),
      oldest_(gauges_of_jobs(registry, "cruncherd_queue_oldest_seconds",
                             "Age of the job that has waited longest; 0 where none waits.")
                  .Add({})) {}

JobMetrics::~JobMetrics() = default;

JobMetrics::Task& JobMetrics::task(std::string_view name) {
  const auto found = tasks_seen_.find(name);
  if (found != tasks_seen_.end()) return *found->second;
  const std::string label(name);
  auto& seen = tasks_seen_[label];
  seen.reset(
      new Task{wait_.Add({{"task", label}}, wait_buckets()), run_.Add({{"task", label}}, run_buckets()),
               cpu_.Add({{"task", label}, {"mode", "user"}}), cpu_.Add({{"task", label}, {"mode", "system"}}),
               rss_.Add({{"task", label}}), live_.Add({{"task", label}, {"state", "running"}}),
               live_.Add({{"task", label}, {"state", "waiting"}})});
  return *seen;
}

void JobMetrics::expect_task(const std::string& name) {
  task(name);
  for (const auto outcome : kOutcomes) jobs_.Add({{"task", name}, {"outcome", std::string(outcome)}});
}

void JobMetrics::count(std::string_view name, std::string_view outcome) {
  jobs_.Add({{"task", std::string(name)}, {"outcome", std::string(outcome)}}).Increment();
}

void JobMetrics::charge(std::string_view name, const process::Usage& usage) {
  auto& figures = task(name);
  figures.wait.Observe(usage.wait_ms / 1e3);
  figures.run.Observe(usage.run_ms / 1e3);
  figures.user.Increment(usage.user_ms / 1e3);
  figures.system.Increment(usage.system_ms / 1e3);
  const auto rss = static_cast<double>(usage.max_rss_kib.value_or(0)) * 1024;
  if (rss > figures.rss.Value()) figures.rss.Set(rss);
}

// Files of keys may come and go: beyond some names all share one label.
void JobMetrics::count_for_client(std::string_view name, std::string_view outcome,
                                  const process::Usage* usage) {
  if (clients_seen_.size() < kClientsSeen) clients_seen_.emplace(name);
  const std::string client(clients_seen_.contains(name) ? name : "other");
  client_jobs_.Add({{"client", client}, {"outcome", std::string(outcome)}}).Increment();
  if (usage) client_cpu_.Add({{"client", client}}).Increment(usage->cpu_ms() / 1e3);
}

void JobMetrics::read(const offload::Dispatcher& dispatcher) {
  for (auto& [name, figures] : tasks_seen_) {
    figures->running.Set(0);
    figures->waiting.Set(0);
  }
  std::size_t looked_at = 0;
  double oldest = 0;
  for (const auto& live : dispatcher.live()) {
    if (++looked_at > kJobsLookedAt) break;
    auto& figures = task(live.job->task);
    (live.pid ? figures.running : figures.waiting).Increment();
    if (live.pid == 0) oldest = std::max(oldest, milliseconds(Clock::now() - live.entered) / 1e3);
  }
  oldest_.Set(oldest);
}

}  // namespace telemetry
