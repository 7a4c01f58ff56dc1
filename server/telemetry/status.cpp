#include "server/telemetry/status.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include "server/process/proc_file.h"
#include "server/version.h"

namespace telemetry {
namespace {

template <typename T>
ipc::Json or_null(const std::optional<T>& value) {
  return value ? ipc::Json(*value) : ipc::Json(nullptr);
}

ipc::Json describe(const offload::LiveJob& live) {
  ipc::Json job{{"id", live.job->request_id},
                {"task", live.job->task},
                {"age_ms", milliseconds(Clock::now() - live.entered)}};
  job["state"] = live.pid ? "running" : "waiting";
  job["pid"] = live.pid ? ipc::Json(live.pid) : ipc::Json(nullptr);
  job["progress"] = live.progress < 0 ? ipc::Json(nullptr) : ipc::Json(live.progress);
  job["cpu_ms"] = live.pid ? or_null(process::cpu_ms(live.pid)) : ipc::Json(nullptr);
  job["rss_kib"] = live.pid ? or_null(process::resident_kib(live.pid)) : ipc::Json(nullptr);
  return job;
}

ipc::Json describe(Recent& recent) {
  return {{"total", recent.total()},
          {"p50_ms", or_null(recent.quantile(0.5))},
          {"p99_ms", or_null(recent.quantile(0.99))},
          {"per_s", recent.per_second()}};
}

}  // namespace

void Status::on_request(const RequestRecord& record) {
  if (record.total_ms) (record.heavy ? heavy_ : light_).add(*record.total_ms);
  if (const auto outcome = record.job_outcome(); !outcome.empty()) ++outcomes_[outcome];
}

std::string Status::json() {
  const auto& admission = dispatcher_.admission();
  ipc::Json status;
  status["server"] = {{"version", kVersion},
                      {"pid", ::getpid()},
                      {"started", fmt::format("{:%Y-%m-%dT%H:%M:%S}Z",
                                              fmt::gmtime(std::chrono::system_clock::to_time_t(started_)))},
                      {"uptime_s", milliseconds(Clock::now() - start_) / 1e3},
                      {"draining", door_.draining},
                      {"rss_kib", or_null(process::resident_kib(::getpid()))},
                      {"cpu_s", process::cpu_ms(::getpid()).value_or(0) / 1e3}};
  auto closed = ipc::Json::object();
  for (const auto& [why, count] : door_.counts.closed) closed[std::string(why)] = count;
  status["connections"] = {
      {"open", door_.counts.open}, {"accepted_total", door_.counts.accepted}, {"closed_total", closed}};
  status["slots"] = {{"running", admission.running()}, {"limit", admission.slots()}};
  status["queue"] = {{"waiting", admission.waiting()}, {"limit", admission.max_waiting()}};
  status["spares"] = {{"ready", dispatcher_.crew().ready()}, {"limit", dispatcher_.crew().target()}};
  auto& jobs = status["jobs"] = ipc::Json::array();
  for (const auto& live : dispatcher_.live()) jobs.push_back(describe(live));
  status["requests"] = {{"light", describe(light_)}, {"heavy", describe(heavy_)}};
  auto& outcomes = status["outcomes"] = ipc::Json::object();
  for (const auto& [word, count] : outcomes_) outcomes[std::string(word)] = count;
  return ipc::print_json(status) + "\n";
}

}  // namespace telemetry
