#include "server/telemetry/status.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "server/process/proc_file.h"
#include "server/version.h"

namespace telemetry {
namespace {

constexpr std::size_t kListed = 100;   // jobs
constexpr std::size_t kMeasured = 32;  // of these; a file of /proc each

// Without digits that say nothing.
double rounded(double value) {
  return std::round(value * 1e3) / 1e3;
}
std::optional<double> rounded(std::optional<double> value) {
  if (value) value = rounded(*value);
  return value;
}

template <typename T>
ipc::Json or_null(const std::optional<T>& value) {
  return value ? ipc::Json(*value) : ipc::Json(nullptr);
}

ipc::Json describe(const offload::LiveJob& live, bool measured, const std::optional<std::string>& own) {
  const pid_t pid = measured ? live.pid : 0;
  const auto& id = live.job->request_id;
  return {{"id", !own || *own == id ? ipc::Json(id) : ipc::Json(nullptr)},
          {"task", live.job->task},
          {"age_ms", rounded(milliseconds(Clock::now() - live.entered))},
          {"state", live.pid ? "running" : "waiting"},
          {"pid", live.pid ? ipc::Json(live.pid) : ipc::Json(nullptr)},
          {"progress", live.progress < 0 ? ipc::Json(nullptr) : ipc::Json(live.progress)},
          {"cpu_ms", pid ? or_null(rounded(process::cpu_ms(pid))) : ipc::Json(nullptr)},
          {"rss_kib", pid ? or_null(process::resident_kib(pid)) : ipc::Json(nullptr)}};
}

// The oldest; so those that run are among them.
ipc::Json describe(const offload::Dispatcher::LiveJobs& live, const std::optional<std::string>& own) {
  auto jobs = ipc::Json::array();
  std::size_t measured = 0;
  for (const auto& job : live) {
    if (jobs.size() == kListed) break;
    jobs.push_back(describe(job, job.pid && measured++ < kMeasured, own));
  }
  return jobs;
}

ipc::Json describe(Recent& recent) {
  return {{"total", recent.total()},
          {"p50_ms", or_null(rounded(recent.quantile(0.5)))},
          {"p99_ms", or_null(rounded(recent.quantile(0.99)))},
          {"per_s", rounded(recent.per_second())}};
}

ipc::Json describe(const jobs::Store* store) {
  if (!store) return nullptr;
  const auto& figures = store->figures();
  const auto since = figures.oldest_queued;
  ipc::Json stored{{"bytes", figures.bytes},
                   {"oldest_queued_s", since ? rounded(static_cast<double>(jobs::now() - since) / 1e3) : 0},
                   {"fault", store->fault().empty() ? ipc::Json(nullptr) : ipc::Json(store->fault())}};
  for (int i = 0; i < jobs::kStates; ++i)
    stored[std::string(jobs::to_string(static_cast<jobs::State>(i)))] =
        figures.by_state[static_cast<std::size_t>(i)];
  return stored;
}

// An object that has all of these members, and no promise that it will never have more.
ipc::Json object_of(ipc::Json properties) {
  auto names = ipc::Json::array();
  for (const auto& [name, schema] : properties.items()) names.push_back(name);
  return {{"type", "object"}, {"required", std::move(names)}, {"properties", std::move(properties)}};
}

}  // namespace

ipc::Json status_schema() {
  const ipc::Json text{{"type", "string"}}, flag{{"type", "boolean"}};
  const ipc::Json count{{"type", "integer"}, {"minimum", 0}}, number{{"type", "number"}, {"minimum", 0}};
  const ipc::Json count_or_null{{"type", {"integer", "null"}}, {"minimum", 0}};
  const ipc::Json number_or_null{{"type", {"number", "null"}}, {"minimum", 0}};
  const ipc::Json counts{{"type", "object"}, {"additionalProperties", count}};
  const auto level = [&](const char* name) { return object_of({{name, count}, {"limit", count}}); };
  const auto pace = object_of(
      {{"total", count}, {"p50_ms", number_or_null}, {"p99_ms", number_or_null}, {"per_s", number}});
  const auto job = object_of({{"id", {{"type", {"string", "null"}}}},
                              {"task", text},
                              {"state", {{"type", "string"}, {"enum", {"running", "waiting"}}}},
                              {"pid", count_or_null},
                              {"age_ms", number},
                              {"progress", {{"type", {"number", "null"}}, {"minimum", 0}, {"maximum", 1}}},
                              {"cpu_ms", number_or_null},
                              {"rss_kib", count_or_null}});
  return object_of(
      {{"server", object_of({{"version", text},
                             {"pid", count},
                             {"started", {{"type", "string"}, {"format", "date-time"}}},
                             {"uptime_s", number},
                             {"draining", flag},
                             {"rss_kib", count_or_null},
                             {"cpu_s", number}})},
       {"connections", object_of({{"open", count}, {"accepted_total", count}, {"closed_total", counts}})},
       {"slots", level("running")},
       {"queue", level("waiting")},
       {"spares", level("ready")},
       {"processes", object_of({{"reused_total", count}, {"recycled_total", counts}})},
       {"jobs", {{"type", "array"}, {"items", job}, {"maxItems", kListed}}},
       {"jobs_not_listed", count},
       {"requests", object_of({{"light", pace}, {"heavy", pace}})},
       {"stored", {{"type", {"object", "null"}}}},
       {"outcomes", counts}});
}

void Status::on_request(const RequestRecord& record) {
  if (record.total_ms) (record.heavy ? heavy_ : light_).add(*record.total_ms);
  if (const auto outcome = record.job_outcome(); !outcome.empty()) ++outcomes_[outcome];
}

void Status::on_stored_job(const StoredJobRecord& record) {
  if (record.outcome) ++outcomes_[record.outcome->word()];
}

std::string Status::json(const std::optional<std::string>& own) {
  const auto& admission = dispatcher_.admission();
  ipc::Json status;
  status["server"] = {{"version", kVersion},
                      {"pid", ::getpid()},
                      {"started", fmt::format("{:%Y-%m-%dT%H:%M:%S}Z",
                                              fmt::gmtime(std::chrono::system_clock::to_time_t(started_)))},
                      {"uptime_s", rounded(milliseconds(Clock::now() - start_) / 1e3)},
                      {"draining", door_.draining},
                      {"rss_kib", or_null(process::resident_kib(::getpid()))},
                      {"cpu_s", rounded(process::cpu_ms(::getpid()).value_or(0) / 1e3)}};
  auto closed = ipc::Json::object();
  for (const auto& [why, count] : door_.counts.closed) closed[std::string(why)] = count;
  status["connections"] = {
      {"open", door_.counts.open}, {"accepted_total", door_.counts.accepted}, {"closed_total", closed}};
  status["slots"] = {{"running", admission.running()}, {"limit", admission.slots()}};
  status["queue"] = {{"waiting", admission.waiting()}, {"limit", admission.max_waiting()}};
  status["spares"] = {{"ready", dispatcher_.crew().ready()}, {"limit", dispatcher_.crew().target()}};
  const auto counts = dispatcher_.spawned();
  auto recycled = ipc::Json::object();
  for (const auto why : process::kAllRecycled)
    recycled[std::string(process::to_string(why))] = counts.recycled[static_cast<std::size_t>(why)];
  status["processes"] = {{"reused_total", counts.reused}, {"recycled_total", std::move(recycled)}};
  status["jobs"] = describe(dispatcher_.live(), own);
  const auto all = admission.running() + admission.waiting();
  status["jobs_not_listed"] = all - std::min(all, status["jobs"].size());
  status["requests"] = {{"light", describe(light_)}, {"heavy", describe(heavy_)}};
  status["stored"] = describe(store_);
  auto& outcomes = status["outcomes"] = ipc::Json::object();
  for (const auto& [word, count] : outcomes_) outcomes[std::string(word)] = count;
  return ipc::print_json(status) + "\n";
}

}  // namespace telemetry
