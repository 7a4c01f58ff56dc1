#include "server/offload/dispatcher.h"

#include <algorithm>
#include <cmath>

#include "server/process/line_dialogue.h"
#include "server/process/run_command.h"
#include "server/process/run_job.h"

namespace offload {
namespace {

// Holds a process and its slot until the scope ends, however it ends, and then gives both back.
struct Occupied {
  Crew& crew;
  std::unique_ptr<process::Process> process;
  Slot slot;
  Leave leave;  // abandoned, unless an outcome has been told
  ~Occupied() { crew.give_back(std::move(process), std::move(slot), std::move(leave)); }
};

}  // namespace

awaitable<process::Outcome> Dispatcher::run(const process::Job& job) {
  LiveJob live;
  live.job = &job;
  live.entered = live.began = Clock::now();
  live_.push_back(live);

  auto admitted = co_await admission_.enter(job.deadline, job.client);
  if (auto* refusal = std::get_if<process::Failure>(&admitted))
    co_return process::Outcome{std::move(*refusal), {}, {}};
  co_return co_await run(live, std::move(std::get<Slot>(admitted)));
}

awaitable<process::Outcome> Dispatcher::run(const process::Job& job, Slot slot) {
  LiveJob live;
  live.job = &job;
  live.entered = live.began = Clock::now();
  live_.push_back(live);
  co_return co_await run(live, std::move(slot));
}

awaitable<process::Outcome> Dispatcher::run(LiveJob& live, Slot slot) {
  const auto& job = *live.job;
  auto lent = co_await crew_.lend(job.deadline);
  if (auto* failure = std::get_if<process::Failure>(&lent))
    co_return process::Outcome{std::move(*failure), {}, {}};

  live.began = Clock::now();
  const auto wait_ms = milliseconds(live.began - live.entered);
  Occupied occupied{crew_,
                    std::move(std::get<0>(lent)),
                    std::move(slot),
                    {false, process::Abandoned{job.request_id, job.task, wait_ms, live.began}}};
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
  usual_run_ms_ += (outcome.usage->run_ms - usual_run_ms_) / 16;
  co_return outcome;
}

awaitable<process::Outcome> Dispatcher::run_command(const process::Job& job, const process::Command& command,
                                                    const process::CommandInput& input) {
  LiveJob live;
  live.job = &job;
  live.entered = live.began = Clock::now();
  live_.push_back(live);

  auto admitted = co_await admission_.enter(job.deadline, job.client);
  if (auto* refusal = std::get_if<process::Failure>(&admitted))
    co_return process::Outcome{std::move(*refusal), {}, {}};
  process::JobFolder folder(*folders_);
  auto order = process::order_of(command, input, folder.path());
  auto lent = co_await commands_->start(std::move(order), std::move(folder), job.deadline);
  if (auto* failure = std::get_if<process::Failure>(&lent))
    co_return process::Outcome{std::move(*failure), {}, {}};

  live.began = Clock::now();
  const auto wait_ms = milliseconds(live.began - live.entered);
  Occupied occupied{*commands_,
                    std::move(std::get<0>(lent)),
                    std::move(std::get<Slot>(admitted)),
                    {false, process::Abandoned{job.request_id, job.task, wait_ms, live.began}}};
  live.pid = occupied.process->pid();
  auto outcome = co_await process::run_command(*occupied.process, command, job.deadline,
                                               commands_->program().end, json_pool_);
  occupied.leave = {!std::holds_alternative<process::Failure>(outcome.what), {}};
  outcome.usage->wait_ms = wait_ms;
  usual_run_ms_ += (outcome.usage->run_ms - usual_run_ms_) / 16;
  co_return outcome;
}

std::optional<process::Outcome> Dispatcher::refusal(const process::Client& client) const {
  auto failure = admission_.refusal(client);
  if (!failure) return std::nullopt;
  return process::Outcome{std::move(*failure), {}, {}};
}

int Dispatcher::retry_after_seconds() const {
  const auto turns = static_cast<double>(admission_.waiting() + 1) / static_cast<double>(admission_.slots());
  return static_cast<int>(std::clamp(std::ceil(turns * usual_run_ms_ / 1e3), 1.0, 60.0));
}

}  // namespace offload
