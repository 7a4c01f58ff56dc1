#include "server/offload/dispatcher.h"

#include <algorithm>
#include <cmath>

namespace offload {
namespace {

// Holds a process and its slot until the scope ends, however it ends, and then hands both to the burial.
struct Tenancy {
  Burial& burial;
  std::shared_ptr<process::CruncherProcess> process;
  Slot slot;
  std::optional<process::Abandoned> abandoned;  // unless an outcome has been told
  ~Tenancy() { burial.take(std::move(process), std::move(slot), std::move(abandoned)); }
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
  auto taken = co_await spares_.take(job.deadline);
  if (auto* failure = std::get_if<process::Failure>(&taken))
    co_return process::Outcome{std::move(*failure), {}, {}};

  live.began = Clock::now();
  const auto wait_ms = milliseconds(live.began - live.entered);
  Tenancy tenancy{burial_, std::move(std::get<0>(taken)), std::move(std::get<Slot>(admitted)),
                  process::Abandoned{job.request_id, job.task, wait_ms}};
  live.pid = tenancy.process->pid();
  process::apply_limits(live.pid, job.limits, spares_.plan().in_force());
  // Where nobody may wait, the client's next job would be refused for the sake of this one's process.
  const bool may_remain = admission_.max_waiting() > 0;
  auto outcome = co_await tenancy.process->run(job, live.progress, may_remain);
  tenancy.abandoned.reset();
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
