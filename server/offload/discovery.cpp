#include "server/offload/discovery.h"

#include <sys/random.h>

#include <array>
#include <cstdint>

namespace offload {
namespace {

constexpr Milliseconds kPatience{10000};

}  // namespace

std::string random_id() {
  // A page of randomness at a time: one system call for many ids.
  static std::array<std::uint8_t, 4096> pool;
  static std::size_t used = pool.size();
  if (used == pool.size()) {
    while (::getrandom(pool.data(), pool.size(), 0) != static_cast<ssize_t>(pool.size())) {
    }
    used = 0;
  }
  constexpr char kDigits[] = "0123456789abcdef";
  std::string id;
  id.reserve(32);
  for (int i = 0; i < 16; ++i, ++used) {
    id += kDigits[pool[used] >> 4];
    id += kDigits[pool[used] & 15];
  }
  return id;
}

awaitable<std::variant<ipc::Json, std::string>> discover(Dispatcher& dispatcher, const JobLimits& limits) {
  Job job;
  job.request_id = "rpc.discover";
  job.rpc_id = random_id();
  job.task = "rpc.discover";
  job.line = ipc::print_request({job.rpc_id, job.task, ipc::Json::object()});
  job.deadline = Clock::now() + kPatience;
  job.limits = limits;
  auto outcome = co_await dispatcher.run(job);
  if (auto* failure = std::get_if<Failure>(&outcome.what)) co_return std::move(failure->detail);
  if (auto* error = std::get_if<TaskError>(&outcome.what))
    co_return "it answered rpc.discover with the error: " + error->message;
  auto answer = ipc::parse_json(std::get<Result>(outcome.what).opened + "}");
  if (auto* value = std::get_if<ipc::Json>(&answer)) co_return std::move((*value)["result"]);
  co_return std::get<ipc::JsonFault>(answer).message;
}

}  // namespace offload
