#include "server/telemetry/status.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "server/loop/wake_up.h"
#include "server/process/proc_file.h"
#include "server/telemetry/figures_json.h"
#include "server/telemetry/words.h"
#include "server/version.h"

namespace telemetry {
namespace {

constexpr std::size_t kMeasured = 32;  // of the jobs listed; a file of /proc each

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
    if (jobs.size() == Status::kListed) break;
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

}  // namespace

void Status::begin(Loop& loop, const Sources& sources) {
  asio::co_spawn(loop.get_executor(), record(loop, sources), asio::detached);
}

// Steps that were missed, as a busy loop misses them, are part of the next one.
awaitable<> Status::record(Loop& loop, Sources sources) {
  constexpr Clock::duration kStep = std::chrono::seconds(History::kStepSeconds);
  WakeUp nobody(loop);
  for (;;) {
    const auto steps = (Clock::now() - start_) / kStep;
    co_await nobody.wait(start_ + kStep * (steps + 1));
    const auto& admission = sources.dispatcher.admission();
    const auto queued =
        sources.store ? sources.store->figures().by_state[static_cast<std::size_t>(jobs::State::queued)] : 0;
    history_.end_step(uptime_s(), {admission.running(), admission.waiting(), queued});
  }
}

void Status::on_request(const RequestRecord& record) {
  if (record.total_ms && record.heavy()) heavy_.add(*record.total_ms);
  if (record.total_ms && !record.heavy() && !record.may_wait) {
    light_.add(*record.total_ms);
    history_.add_light(*record.total_ms);
  }
  if (const auto outcome = record.job_outcome(); !outcome.empty()) ++outcomes_[outcome];
  if (record.heavy() && record.outcome) on_end(record.request_id, record.task, *record.outcome);
}

void Status::on_stored_job(const StoredJobRecord& record) {
  if (!record.outcome) return;
  ++outcomes_[record.outcome->word()];
  on_end(record.id, record.task, *record.outcome);
}

void Status::on_abandoned(const process::Abandoned& job, const process::Usage& usage) {
  tasks_.add(job.task, usage.run_ms, false);
  history_.add_job(usage.run_ms, false);
}

void Status::on_end(std::string_view id, std::string_view task, const process::Outcome& outcome) {
  const auto word = outcome.word();
  if (is_refused(word)) return;
  const bool failed = is_failed(word);
  const auto run_ms = outcome.usage ? std::optional(outcome.usage->run_ms) : std::nullopt;
  tasks_.add(task, run_ms, failed);
  history_.add_job(run_ms, failed);
  if (failed) failures_.add(id, task, outcome);
}

double Status::uptime_s() const {
  return rounded(milliseconds(Clock::now() - start_) / 1e3);
}

std::string Status::history_json() const {
  auto history = history_.json();
  history["pid"] = ::getpid();
  history["uptime_s"] = uptime_s();
  return ipc::print_json(history) + "\n";
}

std::string Status::json(const Sources& sources, const std::optional<std::string>& own) {
  const auto& [dispatcher, door, log, store] = sources;
  const auto& admission = dispatcher.admission();
  ipc::Json status;
  status["server"] = {{"version", server::kVersion},
                      {"pid", ::getpid()},
                      {"started", time_text(started_)},
                      {"uptime_s", uptime_s()},
                      {"draining", door.draining},
                      {"rss_kib", or_null(process::resident_kib(::getpid()))},
                      {"cpu_s", rounded(process::cpu_ms(::getpid()).value_or(0) / 1e3)}};
  auto closed = ipc::Json::object();
  for (const auto& [why, count] : door.counts.closed) closed[std::string(why)] = count;
  status["connections"] = {
      {"open", door.counts.open}, {"accepted_total", door.counts.accepted}, {"closed_total", closed}};
  status["slots"] = {{"running", admission.running()}, {"limit", admission.slots()}};
  status["queue"] = {{"waiting", admission.waiting()}, {"limit", admission.max_waiting()}};
  status["spares"] = {{"ready", dispatcher.crew().ready()}, {"limit", dispatcher.crew().target()}};
  const auto counts = dispatcher.spawned();
  auto recycled = ipc::Json::object();
  for (const auto why : process::kAllRecycled)
    recycled[std::string(process::to_string(why))] = counts.recycled[static_cast<std::size_t>(why)];
  status["processes"] = {{"reused_total", counts.reused}, {"recycled_total", std::move(recycled)}};
  status["jobs"] = describe(dispatcher.live(), own);
  const auto all = admission.running() + admission.waiting();
  status["jobs_not_listed"] = all - std::min(all, status["jobs"].size());
  status["requests"] = {{"light", describe(light_)}, {"heavy", describe(heavy_)}};
  status["tasks"] = tasks_.json();
  status["failures"] = failures_.json(own);
  status["stored"] = describe(store);
  auto& outcomes = status["outcomes"] = ipc::Json::object();
  for (const auto& [word, count] : outcomes_) outcomes[std::string(word)] = count;
  return ipc::print_json(status) + "\n";
}

}  // namespace telemetry
