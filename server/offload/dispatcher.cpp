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

Crew& Dispatcher::crew_for(const process::Job& job) const {
  const auto found = crews_apart_.find(job.task);
  return found == crews_apart_.end() ? crew_ : *found->second;
}

awaitable<process::Outcome> Dispatcher::run(LiveJob& live, Slot slot) {
  const auto& job = *live.job;
  auto& crew = crew_for(job);
  Wanted wanted{job.client.key, job.limits.jobs_per_process};
  for (;;) {
    auto lent = co_await crew.lend(job.deadline, wanted);
    if (auto* failure = std::get_if<process::Failure>(&lent))
      co_return process::Outcome{std::move(*failure), {}, {}};
    auto ran = co_await run_with(crew, std::move(std::get<0>(lent)), slot, wanted, live);
    if (!ran.again) co_return std::move(ran.outcome);
    wanted.jobs_per_process = 1;  // of a process that has done none
  }
}

awaitable<Dispatcher::Attempt> Dispatcher::run_with(Crew& crew, std::unique_ptr<process::Process> process,
                                                    Slot& slot, const Wanted& wanted, LiveJob& live) {
  const auto& job = *live.job;
  live.began = Clock::now();
  const auto wait_ms = live.wait_ms();
  Leave leave{false, process::Abandoned{job.request_id, job.task, wait_ms, live.began}};
  Occupied occupied(crew, std::move(process), std::move(slot), std::move(leave));
  live.pid = occupied.process->pid();
  if (job.listener) job.listener->on_start();
  occupied.process->begin_job(job, crew.program());
  const bool used = occupied.process->history().jobs > 1;
  using Quoting = process::LineDialogue::Quoting;
  auto dialogue = std::make_shared<process::LineDialogue>(job, used ? Quoting::forbidden : Quoting::allowed);
  // Where nobody may wait, the client's next job would be refused for the sake of this one's process.
  process::JobBounds bounds;
  bounds.deadline = job.deadline;
  bounds.process_may_remain = admission_.max_waiting() > 0;
  bounds.process_may_stay = crew.may_stay(*occupied.process, wanted);
  bounds.memory = job.limits.memory;
  if (crew.program().stay.allowed) bounds.cpu = job.limits.cpu;
  bounds.usage_is_told = crew.program().by_launcher;
  bounds.listener = job.listener;
  auto ran = co_await process::run_job(*occupied.process, std::move(dialogue), bounds, crew.program().end,
                                       json_pool_, live.progress);
  auto& outcome = ran.outcome;
  // One that ended while it waited, before anybody could know: its job has not begun.
  if (used && ran.process == process::Afterwards::same_again) {
    slot = std::move(occupied.slot);
    occupied.leave = {};
    crew.count(process::Recycled::ended);
    co_return Attempt{{}, true};
  }
  const bool waits = ran.process == process::Afterwards::next_job;
  const bool failed = std::holds_alternative<process::Failure>(outcome.what);
  if (!failed && !bounds.process_may_stay && wanted.jobs_per_process != 1)
    crew.count(process::Recycled::jobs);
  occupied.leave = {!failed, {}, waits};
  outcome.usage->wait_ms = wait_ms;
  note_run(*outcome.usage);
  co_return Attempt{std::move(outcome), false};
}

std::optional<process::Outcome> Dispatcher::refusal(const process::Client& client) const {
  auto failure = admission_.refusal(client);
  if (!failure) return std::nullopt;
  return process::Outcome{std::move(*failure), {}, {}};
}

SpawnCounts Dispatcher::spawned() const {
  SpawnCounts counts;
  for (const auto* crew : crews_) counts += crew->counts();
  return counts;
}

void Dispatcher::renew() {
  for (auto* crew : crews_) crew->renew();
}

void Dispatcher::drain() {
  for (auto* crew : crews_) crew->drain();
}

bool Dispatcher::busy() const {
  return std::any_of(crews_.begin(), crews_.end(), [](const Crew* crew) { return crew->busy(); });
}

Milliseconds Dispatcher::patience_with_launchers() const {
  Milliseconds patience{0};
  for (const auto* crew : crews_)
    if (crew->program().by_launcher) patience = std::max(patience, crew->program().end.grace);
  return patience;
}

int Dispatcher::retry_after_seconds() const {
  const auto turns = static_cast<double>(admission_.waiting() + 1) / static_cast<double>(admission_.slots());
  return static_cast<int>(std::clamp(std::ceil(turns * usual_run_ms_ / 1e3), 1.0, 60.0));
}

}  // namespace offload
