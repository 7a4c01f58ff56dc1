#include "server/offload/discovery.h"

#include <fmt/format.h>

#include "ipc/message.h"
#include "server/loop/random_id.h"
#include "server/process/quote.h"

namespace offload {
namespace {

std::string explain(const process::Failure& failure, const process::Outcome& outcome, Milliseconds patience) {
  auto sentence = failure.detail;
  if (failure.reason == process::Reason::deadline_exceeded)
    sentence = fmt::format(
        "it has not answered rpc.discover within {} ms (--start-timeout); it is to read one line of stdin, "
        "not "
        "up to its end, and to flush what it writes",
        patience.count());
  const auto said = process::last_lines(outcome.stderr_tail);
  return said.empty() ? sentence : sentence + "; its stderr: " + said;
}

}  // namespace

awaitable<std::variant<ipc::Json, std::string>> discover(Dispatcher& dispatcher,
                                                         const process::JobLimits& limits,
                                                         Milliseconds patience) {
  process::Job job;
  job.request_id = "rpc.discover";
  job.rpc_id = loop::random_id();
  job.task = "rpc.discover";
  job.line = ipc::print_request({job.rpc_id, job.task, ipc::Json::object()});
  job.deadline = Clock::now() + patience;
  job.limits = limits;
  job.limits.jobs_per_process = 1;
  auto outcome = co_await dispatcher.run(job);
  if (auto* failure = std::get_if<process::Failure>(&outcome.what))
    co_return explain(*failure, outcome, patience);
  if (auto* error = std::get_if<process::TaskError>(&outcome.what))
    co_return "it answered rpc.discover with the error: " + error->message;
  auto answer = ipc::parse_json(std::get<process::Result>(outcome.what).opened + "}");
  if (auto* value = std::get_if<ipc::Json>(&answer)) co_return std::move((*value)["result"]);
  co_return std::get<ipc::JsonFault>(answer).message;
}

}  // namespace offload
