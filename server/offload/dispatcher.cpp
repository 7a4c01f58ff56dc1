#include "server/offload/dispatcher.h"

#include <algorithm>
#include <cmath>

#include "server/offload/occupied.h"
#include "server/process/line_dialogue.h"
#include "server/process/run_job.h"

namespace offload {
awaitable<process::Outcome> Dispatcher::run(const process::Job& job) {
  LiveJob live;
  live.job = &job;
  enrol(live);

  auto admitted = co_await admission_.enter(job.deadline, job.client);
  if (auto* refusal = std::get_if<process::Failure>(&admitted))
    co_return process::Outcome{std::move(*refusal), {}, {}};
  co_return co_await run(live, std::move(std::get<Slot>(admitted)));
}

awaitable<process::Outcome> Dispatcher::run(const process::Job& job, Slot slot) {
  LiveJob live;
  live.job = &job;
  enrol(live);
  co_return co_await run(live, std::move(slot));
}

awaitable<process::Outcome> Dispatcher::run(LiveJob& live, Slot slot) {
  const auto& job = *live.job;
  auto lent = co_await crew_.lend(job.deadline);
  if (auto* failure = std::get_if<process::Failure>(&lent))
    co_return process::Outcome{std::move(*failure), {}, {}};

  live.began = Clock::now();
  const auto wait_ms = live.wait_ms();
  Leave leave{false, process::Abandoned{job.request_id, job.task, wait_ms, live.began}};
  Occupied occupied(crew_, std::move(std::get<0>(lent)), std::move(slot), std::move(leave));
  live.pid = occupied.process->pid();
  if (job.listener) job.listener->on_start();
  process::apply_limits(live.pid, job.limits, crew_.program().in_force());
  auto dialogue = std::make_shared<process::LineDialogue>(job);
  // Where nobody may wait, the client's next job would be refused for the sake of this one's process.
  const process::JobBounds bounds{job.deadline, admission_.max_waiting() > 0, job.listener};
  auto outcome = co_await process::run_job(*occupied.process, std::move(dialogue), bounds,
                                           crew_.program().end, json_pool_, live.progress);
  occupied.leave = {!std::holds_alternative<process::Failure>(outcome.what), {}};
  outcome.usage->wait_ms = wait_ms;
  note_run(*outcome.usage);
  co_return outcome;
}

std::optional<process::Outcome> Dispatcher::refusal(const process::Client& client) const {
  auto failure = admission_.refusal(client);
  if (!failure) return std::nullopt;
  return process::Outcome{std::move(*failure), {}, {}};
}

SpawnCounts Dispatcher::spawned() const {
  auto counts = crew_.counts();
  if (!other_crew_) return counts;
  const auto& others = other_crew_->counts();
  counts.started += others.started;
  counts.failed += others.failed;
  counts.spares_died += others.spares_died;
  return counts;
}

int Dispatcher::retry_after_seconds() const {
  const auto turns = static_cast<double>(admission_.waiting() + 1) / static_cast<double>(admission_.slots());
  return static_cast<int>(std::clamp(std::ceil(turns * usual_run_ms_ / 1e3), 1.0, 60.0));
}

}  // namespace offload
