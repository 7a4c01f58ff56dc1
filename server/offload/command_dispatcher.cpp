#include "server/offload/command_dispatcher.h"

#include <fmt/format.h>

#include "server/offload/command_spares.h"
#include "server/process/run_command.h"

namespace offload {

awaitable<std::variant<Slot, process::Failure>> CommandDispatcher::enter_all(const process::Job& job,
                                                                             std::optional<Slot> slot) {
  if (slot) co_return std::move(*slot);
  co_return co_await dispatcher_.admission().enter(job.deadline, job.client);
}

// First past the bound of its task, so that no slot is held by one that waits for that.
awaitable<std::variant<Slot, process::Failure>> CommandDispatcher::enter(const process::Job& job,
                                                                         const process::Command& command,
                                                                         std::optional<Slot> slot) {
  auto& all = dispatcher_.admission();
  if (command.running == 0 || command.running >= all.slots())
    co_return co_await enter_all(job, std::move(slot));
  auto& own = own_.try_emplace(command.task, loop_, command.running, all.max_waiting(), all.wait_limit())
                  .first->second;
  // A stored job has its slot already: it comes again later.
  if (slot && own.running() >= own.slots())
    co_return process::Failure{process::Reason::queue_timeout,
                               fmt::format("{} of this task's jobs run already", own.running()),
                               {},
                               {}};
  auto past = co_await own.enter(job.deadline, job.client);
  if (auto* refusal = std::get_if<process::Failure>(&past)) co_return std::move(*refusal);
  auto admitted = co_await enter_all(job, std::move(slot));
  if (auto* got = std::get_if<Slot>(&admitted)) got->hold(std::move(std::get<Slot>(past)));
  co_return admitted;
}

// A spare that waits and has got its content, or a process that is started for it.
awaitable<CommandDispatcher::Lent> CommandDispatcher::lend(const process::Command& command,
                                                           const process::CommandInput& input,
                                                           Deadline deadline) {
  if (const auto found = spares_.find(command.task); found != spares_.end() && found->second->ready() > 0 &&
                                                     input.streams == command.streams &&
                                                     suits_spares(input.content)) {
    auto& crew = *found->second;
    auto lent = co_await crew.lend(deadline);
    if (auto* process = std::get_if<std::unique_ptr<process::Process>>(&lent))
      give_content(**process, input.content);
    co_return Lent{crew, std::move(lent)};
  }
  process::JobFolder folder(folders_);
  auto order = process::order_of(command, input, folder.path());
  auto& crew = crew_for(command);
  auto lent = co_await crew.start(std::move(order), std::move(folder), deadline);
  co_return Lent{crew, std::move(lent)};
}

awaitable<std::variant<process::Failure, Occupied>> CommandDispatcher::begin(
    LiveJob& live, const process::Command& command, const process::CommandInput& input,
    std::optional<Slot> slot) {
  const auto& job = *live.job;
  dispatcher_.enrol(live);
  auto admitted = co_await enter(job, command, std::move(slot));
  if (auto* refusal = std::get_if<process::Failure>(&admitted)) co_return std::move(*refusal);
  auto [crew, lent] = co_await lend(command, input, job.deadline);
  if (auto* failure = std::get_if<process::Failure>(&lent)) co_return std::move(*failure);
  live.began = Clock::now();
  live.pid = std::get<0>(lent)->pid();
  if (job.listener) job.listener->on_start();
  Leave leave{false, process::Abandoned{job.request_id, job.task, live.wait_ms(), live.began}};
  co_return Occupied(crew, std::move(std::get<0>(lent)), std::move(std::get<Slot>(admitted)),
                     std::move(leave));
}

awaitable<process::Outcome> CommandDispatcher::run(const process::Job& job, const process::Command& command,
                                                   const process::CommandInput& input,
                                                   std::optional<Slot> slot) {
  LiveJob live;
  live.job = &job;
  auto begun = co_await begin(live, command, input, std::move(slot));
  if (auto* failure = std::get_if<process::Failure>(&begun))
    co_return process::Outcome{std::move(*failure), {}, {}};
  auto& occupied = std::get<Occupied>(begun);
  auto outcome = co_await process::run_command(*occupied.process, command, job.deadline,
                                               occupied.crew->program().end, files_, job.listener);
  occupied.leave = {!std::holds_alternative<process::Failure>(outcome.what), {}};
  outcome.usage->wait_ms = live.wait_ms();
  dispatcher_.note_run(*outcome.usage);
  co_return outcome;
}

awaitable<CommandDispatcher::Streamed> CommandDispatcher::stream(process::Job job,
                                                                 const process::Command& command,
                                                                 const process::CommandInput& input,
                                                                 std::optional<Slot> slot) {
  auto streamed = std::make_shared<StreamedJob>(std::move(job));
  streamed->live_.job = &streamed->job_;
  auto begun = co_await begin(streamed->live_, command, input, std::move(slot));
  if (auto* failure = std::get_if<process::Failure>(&begun))
    co_return process::Outcome{std::move(*failure), {}, {}};
  const auto& occupied = streamed->occupied_.emplace(std::move(std::get<Occupied>(begun)));
  streamed->stream_.emplace(*occupied.process, command, streamed->job_.deadline, occupied.crew->program().end,
                            streamed->job_.listener);
  if (co_await streamed->stream_->begins()) co_return streamed;
  co_return co_await streamed->pass_on({});  // there is nothing to pass on
}

awaitable<process::Outcome> StreamedJob::pass_on(process::PassOn write) {
  auto outcome = co_await stream_->pass_on(std::move(write));
  occupied_->leave = {!std::holds_alternative<process::Failure>(outcome.what), {}};
  outcome.usage->wait_ms = live_.wait_ms();
  stream_.reset();
  occupied_->give_back();
  live_.unlink();
  co_return outcome;
}

}  // namespace offload
