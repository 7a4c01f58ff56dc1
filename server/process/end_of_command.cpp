#include "server/process/end_of_command.h"

#include <fmt/format.h>

#include "server/process/explain_end.h"
#include "server/process/quote.h"
#include "server/process/run_command.h"

namespace process {
namespace {

constexpr int kNotFound = 127;       // as a shell says it
constexpr std::size_t kSaid = 2048;  // of stderr, for the client

}  // namespace

Failure too_large(const JobLimits& limits) {
  return {Reason::reply_too_large,
          fmt::format("it wrote more than {} bytes (--max-reply)", limits.max_reply),
          {},
          {}};
}

Failure too_late(Clock::time_point given) {
  return {Reason::deadline_exceeded,
          fmt::format("no answer after {:.0f} ms", milliseconds(Clock::now() - given)),
          {},
          {}};
}

std::optional<Failure> fault_of(const WaitStatus& end, const Command& command, std::size_t written,
                                const std::string& stderr_tail) {
  const auto& limits = command.limits;
  const bool full = file_size_of(limits) > 0 && written >= limits.max_reply;
  if (written > limits.max_reply || (full && end.exit_code != 0)) return too_large(limits);
  auto said = last_part(stderr_tail, kSaid);
  if (end.signal) {
    auto failure = explain_end(end, limits, "");
    if (!said.empty()) failure.detail += ": " + said;
    return failure;
  }
  const int code = end.exit_code.value_or(0);
  if (code == 0) return std::nullopt;
  const auto status = command.statuses.find(code);
  if (status == command.statuses.end() && code == kNotFound)
    return Failure{Reason::cannot_spawn,
                   fmt::format("{} ended with exit code {}: it, or a program that it needs, is not there{}{}",
                               command.program, code, said.empty() ? "" : ": ", said),
                   {},
                   code};
  if (said.empty()) said = fmt::format("it ended with exit code {}, and wrote nothing to stderr", code);
  Failure failed{Reason::task_failed, std::move(said), {}, code};
  if (status != command.statuses.end()) failed.status = status->second;
  return failed;
}

awaitable<> see_it_die(Process& process, const EndPolicy& policy, StderrReader& err) {
  process.ask_to_end(policy);
  const auto dead_by = Clock::now() + kDeathWatch;
  while (!process.ended() && Clock::now() < dead_by) {
    co_await process.event(dead_by);
    err.read_if_ready();
  }
}

}  // namespace process
