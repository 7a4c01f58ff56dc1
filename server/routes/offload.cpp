#include "server/routes/offload.h"

#include <sys/mman.h>
#include <unistd.h>

#include "server/loop/size_limits.h"
#include "server/routes/logged_lines.h"

namespace routes {
namespace {

// A content that is no longer needed at the end of a scope: to free a large one takes the kernel longer than
// the loop has time.
struct CloseAtEnd {
  loop::ThreadPool& pool;
  std::shared_ptr<loop::UniqueFd>& content;
  ~CloseAtEnd() {
    if (content && process::size_of_file(*content) > kLargeContent)
      pool.run([closed = std::move(content)] {});
  }
};

// In memory. Null where there is no room.
std::shared_ptr<loop::UniqueFd> write_file(std::string_view content) {
  auto file = std::make_shared<loop::UniqueFd>(::memfd_create("content", MFD_CLOEXEC));
  std::size_t written = 0;
  while (*file && written < content.size()) {
    const auto count = ::pwrite(file->get(), content.data() + written, content.size() - written,
                                static_cast<off_t>(written));
    if (count <= 0) return nullptr;
    written += static_cast<std::size_t>(count);
  }
  return *file ? file : nullptr;
}

// The rest of a streamed job's output. Its parameters live in the coroutine.
awaitable<> pass_on(Call& call, std::shared_ptr<offload::StreamedJob> running,
                    std::shared_ptr<LoggedLines> lines, front_door::ReplyStream& to) {
  const auto write = [&to](std::string_view bytes) { return to.write(bytes); };
  auto outcome = co_await running->pass_on(write);
  call.stderr_is_told = lines->end();
  call.outcome = std::move(outcome);
  if (const auto* failure = std::get_if<process::Failure>(&call.outcome->what))
    throw front_door::StreamBroken{process::to_string(failure->reason)};
}

bool is_late(Deadline deadline) {
  return Clock::now() >= deadline;
}

process::Outcome too_late() {
  return {process::Failure{
              process::Reason::deadline_exceeded, "no time was left for it, so nothing was started", {}, {}},
          {},
          {}};
}

}  // namespace

Reply Offload::told(Call& call, process::Outcome outcome) const {
  call.outcome = std::move(outcome);
  return reply_of(call, *call.outcome, dispatcher_.retry_after_seconds());
}

std::optional<Reply> Offload::refusal(Call& call) const {
  if (call.slot) return std::nullopt;
  auto outcome = dispatcher_.refusal(call.client);
  if (!outcome) return std::nullopt;
  return told(call, std::move(*outcome));
}

awaitable<std::variant<std::string, Reply>> Offload::prepare(Call& call, const Task& task,
                                                             std::string_view content,
                                                             const process::Job& job) {
  auto prepared = co_await contents_.prepare(task, content, job);
  if (auto* failure = std::get_if<process::Failure>(&prepared))
    co_return told(call, {std::move(*failure), {}, {}});
  auto& params = std::get<PreparedParams>(prepared);
  if (const auto* fault = std::get_if<ipc::JsonFault>(&params)) co_return problem(call, *fault);
  if (const auto* wrong = std::get_if<std::vector<ipc::Violation>>(&params)) co_return problem(call, *wrong);
  co_return std::move(std::get<std::string>(params));
}

awaitable<Reply> Offload::run(Call& call, process::Job& job) {
  const loop::FreedOnPool line(json_pool_, job.line);
  if (is_late(job.deadline)) co_return told(call, too_late());
  LoggedLines lines(observers_, call.request_id);
  job.listener = call.listener ? call.listener : &lines;
  process::Outcome outcome{process::Failure{}, {}, {}};
  if (call.slot) {
    auto slot = *std::exchange(call.slot, {});
    outcome = co_await dispatcher_.run(job, std::move(slot));
  } else {
    outcome = co_await outcome_of(job);
  }
  call.stderr_is_told = lines.end();
  co_return told(call, std::move(outcome));
}

awaitable<Reply> Offload::run_command(Call& call, process::Job job, const process::Command& command,
                                      process::CommandInput input) {
  const CloseAtEnd close{json_pool_, input.content};
  if (is_late(job.deadline)) co_return told(call, too_late());
  const auto lines = std::make_shared<LoggedLines>(observers_, call.request_id);
  job.listener = call.listener ? call.listener : lines.get();
  auto slot = std::exchange(call.slot, std::nullopt);
  input.streams = command.streams && !call.listener;  // of a stored job nobody takes anything before its end
  if (!input.streams) {
    auto outcome = co_await commands_->run(job, command, input, std::move(slot));
    call.stderr_is_told = lines->end();
    co_return told(call, std::move(outcome));
  }
  auto streamed = co_await commands_->stream(std::move(job), command, input, std::move(slot));
  if (auto* outcome = std::get_if<process::Outcome>(&streamed)) {
    call.stderr_is_told = lines->end();
    co_return told(call, std::move(*outcome));
  }
  Reply reply{200, {{"Content-Type", command.answers}}, {}};
  const auto running = std::get<std::shared_ptr<offload::StreamedJob>>(streamed);
  reply.stream = [&call, running, lines](front_door::ReplyStream& to) {
    return pass_on(call, running, lines, to);
  };
  co_return reply;
}

awaitable<std::shared_ptr<loop::UniqueFd>> Offload::file_of(std::string_view content) {
  if (content.size() <= kCopiedOnLoop) co_return write_file(content);
  const auto work = [content] { return write_file(content); };
  co_return co_await json_pool_.call(work);
}

awaitable<Reply> Offload::spin(Call& call, Milliseconds cpu, Deadline deadline) {
  if (is_late(deadline)) co_return told(call, too_late());
  auto outcome = co_await outcome_of_spin(cpu, deadline, call.client);
  co_return told(call, std::move(outcome));
}

awaitable<process::Outcome> Offload::outcome_of(const process::Job& job) {
  return dispatcher_.run(job);
}

awaitable<process::Outcome> Offload::outcome_of_spin(Milliseconds cpu, Deadline deadline,
                                                     const process::Client& client) {
  return threads_.spin(cpu, deadline, client);
}

}  // namespace routes
