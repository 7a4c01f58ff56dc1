#include "server/routes/content_reading.h"

#include <fmt/format.h>

#include "server/loop/size_limits.h"

namespace routes {

ContentReading::ContentReading(Loop& loop, std::size_t waiting, Milliseconds wait_limit)
    : thread_(loop, 1), turns_(loop, 1, waiting, wait_limit) {}

// A key's bounds are for jobs: here each client has one turn after the other anyway.
awaitable<std::variant<PreparedParams, process::Failure>> ContentReading::prepare(const Task& task,
                                                                                  std::string_view content,
                                                                                  const process::Job& job) {
  if (content.size() <= kJsonOnLoop) co_return routes::prepare(task, content, job.rpc_id);
  process::Client client;
  client.name = job.client.name;
  client.weight = job.client.weight;
  auto turn = co_await turns_.enter(job.deadline, client);
  if (auto* failure = std::get_if<process::Failure>(&turn)) {
    if (failure->reason == process::Reason::queue_full)
      failure->detail = fmt::format(
          "{} contents over {} bytes wait already to be read, as many as may run and wait (--running, "
          "--waiting)",
          turns_.waiting(), kJsonOnLoop);
    co_return std::move(*failure);
  }
  const auto work = [&task, content, &job] { return routes::prepare(task, content, job.rpc_id); };
  auto prepared = co_await thread_.call(work);
  co_return prepared;
}

}  // namespace routes
