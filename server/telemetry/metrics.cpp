#include "server/telemetry/metrics.h"

#include <prometheus/text_serializer.h>

#include "server/telemetry/words.h"

namespace telemetry {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildHistogram;
using Buckets = prometheus::Histogram::BucketBoundaries;

// Light answers take some ten microseconds, heavy ones up to minutes.
Buckets request_buckets() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
          0.1,    0.25,    0.5,    1,     2.5,    5,     10,   30,    60};
}
Buckets spawn_buckets() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 1};
}

// Methods that no route has share one label.
std::string_view method_label(std::string_view method) {
  for (const std::string_view known : {"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"})
    if (method == known) return known;
  return "other";
}

const process::Usage* usage_of(const process::Outcome* outcome) {
  return outcome && outcome->usage ? &*outcome->usage : nullptr;
}

}  // namespace

struct Metrics::Route {
  prometheus::Counter& requests;
  prometheus::Histogram& duration;
};

Metrics::Metrics()
    : requests_(BuildCounter()
                    .Name("cruncherd_http_requests_total")
                    .Help("Requests by route, method and status.")
                    .Register(registry_)),
      refusals_(BuildCounter()
                    .Name("cruncherd_http_problems_total")
                    .Help("Problem documents sent, by their reason.")
                    .Register(registry_)),
      duration_(BuildHistogram()
                    .Name("cruncherd_http_request_duration_seconds")
                    .Help("From the whole request to the whole response.")
                    .Register(registry_)),
      spawn_(BuildHistogram()
                 .Name("cruncherd_spawn_seconds")
                 .Help("Starting one process.")
                 .Register(registry_)
                 .Add({}, spawn_buckets())),
      bugs_(BuildCounter()
                .Name("cruncherd_internal_errors_total")
                .Help("Exceptions that should never happen.")
                .Register(registry_)
                .Add({})),
      jobs_(registry_),
      levels_(registry_),
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

void Metrics::on_request(const RequestRecord& record) {
  auto& seen = route(record);
  seen.requests.Increment();
  if (record.total_ms) seen.duration.Observe(*record.total_ms / 1e3);
  // A response that was broken off has a reason, but tells none; a client that has left heard of none.
  const bool told = record.status >= 400 && record.reason != "client_gone";
  if (!record.reason.empty() && told) refusals_.Add({{"reason", std::string(record.reason)}}).Increment();
  const auto outcome = record.job_outcome();
  if (outcome.empty()) return;
  jobs_.count(record.task, outcome);
  const auto* usage = usage_of(record.outcome);
  if (usage) jobs_.charge(record.task, *usage);
  if (!record.client.empty()) jobs_.count_for_client(record.client, outcome, usage);
}

void Metrics::on_stored_job(const StoredJobRecord& record) {
  if (!record.outcome || record.task == "unknown") return;
  jobs_.count(record.task, record.outcome->word());
  const auto* usage = usage_of(record.outcome);
  if (usage) jobs_.charge(record.task, *usage);
  if (!record.owner.empty()) jobs_.count_for_client(record.owner, record.outcome->word(), usage);
}

void Metrics::on_abandoned(const process::Abandoned& job, const process::Usage& usage) {
  jobs_.charge(job.task, usage);
}

void Metrics::on_bug(std::string_view, std::string_view) {
  bugs_.Increment();
}

std::string Metrics::text(const Sources& sources) {
  levels_.read(sources);
  if (stored_) stored_->read();
  jobs_.read(sources.dispatcher);
  process_.read();
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace telemetry
