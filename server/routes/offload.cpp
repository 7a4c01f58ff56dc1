#include "server/routes/offload.h"

namespace routes {
namespace {

// A long text that is no longer needed at the end of a scope, however that ends.
struct LetGoAtEnd {
  loop::ThreadPool& pool;
  std::string& text;
  ~LetGoAtEnd() { pool.let_go(std::move(text)); }
};

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
  const LetGoAtEnd line{json_pool_, job.line};
  if (is_late(job.deadline)) co_return told(call, too_late());
  auto outcome = co_await outcome_of(job);
  co_return told(call, std::move(outcome));
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
