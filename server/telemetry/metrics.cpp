#include "server/telemetry/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>

#include "server/telemetry/words.h"

namespace telemetry {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Gauge;
using Buckets = prometheus::Histogram::BucketBoundaries;

constexpr std::size_t kJobsLookedAt = 10'000;
constexpr std::size_t kClientsSeen = 1000;

// Light answers take some ten microseconds, heavy ones up to minutes.
Buckets request_buckets() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
          0.1,    0.25,    0.5,    1,     2.5,    5,     10,   30,    60};
}
Buckets wait_buckets() {
  return {0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}
Buckets run_buckets() {
  return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300};
}
Buckets spawn_buckets() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 1};
}

Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return BuildCounter().Name(name).Help(help).Register(registry).Add({});
}
Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

// A counter that follows a count which somebody else keeps.
void follow(Counter& counter, double count) {
  counter.Increment(count - counter.Value());
}

// Methods that no route has share one label.
std::string_view method_label(std::string_view method) {
  for (const std::string_view known : {"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"})
    if (method == known) return known;
  return "other";
}

}  // namespace

struct Metrics::Route {
  prometheus::Counter& requests;
  prometheus::Histogram& duration;
};

struct Metrics::Task {
  prometheus::Histogram &wait, &run;
  prometheus::Counter &user, &system;
  prometheus::Gauge &rss, &running, &waiting;
};

Metrics::Metrics(const offload::Dispatcher& dispatcher, const front_door::Door& door, const Log& log)
    : dispatcher_(dispatcher),
      door_(door),
      log_(log),
      requests_(BuildCounter()
                    .Name("cruncherd_http_requests_total")
                    .Help("Requests by route, method and status.")
                    .Register(registry_)),
      jobs_(
          BuildCounter().Name("cruncherd_jobs_total").Help("Jobs by task and outcome.").Register(registry_)),
      cpu_(BuildCounter()
               .Name("cruncherd_job_cpu_seconds_total")
               .Help("CPU time of jobs by task and mode; a job under 10 ms counts as user time.")
               .Register(registry_)),
      client_jobs_(BuildCounter()
                       .Name("cruncherd_client_jobs_total")
                       .Help("Jobs by outcome of each client that has a key.")
                       .Register(registry_)),
      client_cpu_(BuildCounter()
                      .Name("cruncherd_client_cpu_seconds_total")
                      .Help("CPU time of the jobs of each client that has a key.")
                      .Register(registry_)),
      refusals_(BuildCounter()
                    .Name("cruncherd_http_problems_total")
                    .Help("Problem documents sent, by their reason.")
                    .Register(registry_)),
      closed_(BuildCounter()
                  .Name("cruncherd_connections_closed_total")
                  .Help("Connections that ended, by why.")
                  .Register(registry_)),
      spawns_(BuildCounter()
                  .Name("cruncherd_spawns_total")
                  .Help("Processes started, by result.")
                  .Register(registry_)),
      recycled_(
          BuildCounter()
              .Name("cruncherd_processes_recycled_total")
              .Help("Processes that did several jobs, or were to, and were ended for no fault of a job, "
                    "by why.")
              .Register(registry_)),
      duration_(BuildHistogram()
                    .Name("cruncherd_http_request_duration_seconds")
                    .Help("From the whole request to the whole response.")
                    .Register(registry_)),
      wait_(BuildHistogram()
                .Name("cruncherd_job_wait_seconds")
                .Help("A job's wait for a slot and a process.")
                .Register(registry_)),
      run_(BuildHistogram()
               .Name("cruncherd_job_run_seconds")
               .Help("A job's time with its process.")
               .Register(registry_)),
      rss_(BuildGauge()
               .Name("cruncherd_job_max_resident_bytes")
               .Help("Largest peak of resident memory known, by task; of jobs that answer within 10 ms it "
                     "mostly is not.")
               .Register(registry_)),
      live_(BuildGauge()
                .Name("cruncherd_jobs")
                .Help("Jobs by task and state, of the oldest 10,000.")
                .Register(registry_)),
      spawn_(BuildHistogram()
                 .Name("cruncherd_spawn_seconds")
                 .Help("Starting one process.")
                 .Register(registry_)
                 .Add({}, spawn_buckets())),
      accepted_(counter(registry_, "cruncherd_connections_accepted_total", "Connections accepted.")),
      orphans_(counter(registry_, "cruncherd_orphans_killed_total", "Processes that jobs left behind.")),
      spares_died_(
          counter(registry_, "cruncherd_spares_died_total", "Spares that ended before they got a job.")),
      reused_(counter(registry_, "cruncherd_processes_reused_total",
                      "Jobs that got a process which had done one before.")),
      bugs_(counter(registry_, "cruncherd_internal_errors_total", "Exceptions that should never happen.")),
      lost_lines_(counter(registry_, "cruncherd_log_lines_lost_total",
                          "Lines of the log that its file did not take, or its queue had no room for.")),
      open_(gauge(registry_, "cruncherd_connections_open", "Connections open.")),
      buffered_(gauge(registry_, "cruncherd_buffered_bytes", "Requests and responses in memory.")),
      running_(gauge(registry_, "cruncherd_slots_running", "Slots taken.")),
      slots_(gauge(registry_, "cruncherd_slots_limit", "Slots.")),
      waiting_(gauge(registry_, "cruncherd_queue_waiting", "Jobs that wait for a slot.")),
      queue_limit_(gauge(registry_, "cruncherd_queue_limit", "Jobs that may wait.")),
      spares_(gauge(registry_, "cruncherd_spares_ready", "Crunchers started in advance.")),
      oldest_(gauge(registry_, "cruncherd_queue_oldest_seconds",
                    "Age of the job that has waited longest; 0 where none waits.")),
      process_(registry_) {
  for (const auto reason : kReasons) refusals_.Add({{"reason", std::string(reason)}});
}

Metrics::~Metrics() = default;

Metrics::Route& Metrics::route(const RequestRecord& record) {
  const auto method = method_label(record.method);
  auto& seen = routes_seen_[{record.route, method, record.status}];
  if (!seen) {
    const std::string route(record.route);
    seen.reset(new Route{
        requests_.Add(
            {{"route", route}, {"method", std::string(method)}, {"status", std::to_string(record.status)}}),
        duration_.Add({{"route", route}}, request_buckets())});
  }
  return *seen;
}

Metrics::Task& Metrics::task(std::string_view name) {
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

void Metrics::expect_task(const std::string& name) {
  task(name);
  for (const auto outcome : kOutcomes) jobs_.Add({{"task", name}, {"outcome", std::string(outcome)}});
}

void Metrics::on_request(const RequestRecord& record) {
  auto& seen = route(record);
  seen.requests.Increment();
  if (record.total_ms) seen.duration.Observe(*record.total_ms / 1e3);
  // A response that was broken off has a reason, but tells none; a client that has left heard of none.
  const bool told = record.status >= 400 && record.reason != "client_gone";
  if (!record.reason.empty() && told) refusals_.Add({{"reason", std::string(record.reason)}}).Increment();
  const auto outcome = record.job_outcome();
  if (outcome.empty()) return;
  jobs_.Add({{"task", std::string(record.task)}, {"outcome", std::string(outcome)}}).Increment();
  if (record.outcome && record.outcome->usage) charge(record.task, *record.outcome->usage);
  if (!record.client.empty()) count_for_client(record, outcome);
}

// Files of keys may come and go: beyond some names all share one label.
void Metrics::count_for_client(const RequestRecord& record, std::string_view outcome) {
  if (clients_seen_.size() < kClientsSeen) clients_seen_.emplace(record.client);
  const std::string client(clients_seen_.contains(record.client) ? record.client : "other");
  client_jobs_.Add({{"client", client}, {"outcome", std::string(outcome)}}).Increment();
  if (record.outcome && record.outcome->usage)
    client_cpu_.Add({{"client", client}}).Increment(record.outcome->usage->cpu_ms() / 1e3);
}

void Metrics::on_stored_job(const StoredJobRecord& record) {
  if (!record.outcome || record.task == "unknown") return;
  jobs_.Add({{"task", std::string(record.task)}, {"outcome", std::string(record.outcome->word())}})
      .Increment();
  if (record.outcome->usage) charge(record.task, *record.outcome->usage);
}

void Metrics::charge(std::string_view name, const process::Usage& usage) {
  auto& figures = task(name);
  figures.wait.Observe(usage.wait_ms / 1e3);
  figures.run.Observe(usage.run_ms / 1e3);
  figures.user.Increment(usage.user_ms / 1e3);
  figures.system.Increment(usage.system_ms / 1e3);
  const auto rss = static_cast<double>(usage.max_rss_kib.value_or(0)) * 1024;
  if (rss > figures.rss.Value()) figures.rss.Set(rss);
}

void Metrics::on_abandoned(const process::Abandoned& job, const process::Usage& usage) {
  charge(job.task, usage);
}

void Metrics::on_bug(std::string_view, std::string_view) {
  bugs_.Increment();
}

void Metrics::read_levels() {
  const auto& counts = door_.counts;
  const auto& admission = dispatcher_.admission();
  const auto spawned = dispatcher_.spawned();
  follow(accepted_, static_cast<double>(counts.accepted));
  for (const auto& [why, count] : counts.closed)
    follow(closed_.Add({{"why", std::string(why)}}), static_cast<double>(count));
  follow(spawns_.Add({{"result", "started"}}), static_cast<double>(spawned.started));
  follow(spawns_.Add({{"result", "failed"}}), static_cast<double>(spawned.failed));
  follow(spares_died_, static_cast<double>(spawned.spares_died));
  follow(reused_, static_cast<double>(spawned.reused));
  for (const auto why : process::kAllRecycled)
    follow(recycled_.Add({{"reason", std::string(process::to_string(why))}}),
           static_cast<double>(spawned.recycled[static_cast<std::size_t>(why)]));
  follow(orphans_, static_cast<double>(dispatcher_.crew().orphans().killed()));
  follow(lost_lines_, static_cast<double>(log_.lost()));
  open_.Set(static_cast<double>(counts.open));
  buffered_.Set(static_cast<double>(counts.buffered));
  running_.Set(static_cast<double>(admission.running()));
  slots_.Set(static_cast<double>(admission.slots()));
  waiting_.Set(static_cast<double>(admission.waiting()));
  queue_limit_.Set(static_cast<double>(admission.max_waiting()));
  spares_.Set(static_cast<double>(dispatcher_.crew().ready()));
  if (stored_) stored_->read();
  read_jobs();
  process_.read();
}

void Metrics::read_jobs() {
  for (auto& [name, figures] : tasks_seen_) {
    figures->running.Set(0);
    figures->waiting.Set(0);
  }
  std::size_t looked_at = 0;
  double oldest = 0;
  for (const auto& live : dispatcher_.live()) {
    if (++looked_at > kJobsLookedAt) break;
    auto& figures = task(live.job->task);
    (live.pid ? figures.running : figures.waiting).Increment();
    if (live.pid == 0) oldest = std::max(oldest, milliseconds(Clock::now() - live.entered) / 1e3);
  }
  oldest_.Set(oldest);
}

std::string Metrics::text() {
  read_levels();
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace telemetry
