#include "server/offload/discovery.h"

#include "ipc/message.h"
#include "server/loop/random_id.h"

namespace offload {
namespace {

constexpr Milliseconds kPatience{10000};

}  // namespace

awaitable<std::variant<ipc::Json, std::string>> discover(Dispatcher& dispatcher,
                                                         const process::JobLimits& limits) {
  process::Job job;
  job.request_id = "rpc.discover";
  job.rpc_id = loop::random_id();
  job.task = "rpc.discover";
  job.line = ipc::print_request({job.rpc_id, job.task, ipc::Json::object()});
  job.deadline = Clock::now() + kPatience;
  job.limits = limits;
  auto outcome = co_await dispatcher.run(job);
  if (auto* failure = std::get_if<process::Failure>(&outcome.what)) co_return std::move(failure->detail);
  if (auto* error = std::get_if<process::TaskError>(&outcome.what))
    co_return "it answered rpc.discover with the error: " + error->message;
  auto answer = ipc::parse_json(std::get<process::Result>(outcome.what).opened + "}");
  if (auto* value = std::get_if<ipc::Json>(&answer)) co_return std::move((*value)["result"]);
  co_return std::get<ipc::JsonFault>(answer).message;
}

}  // namespace offload
