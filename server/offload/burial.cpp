#include "server/offload/burial.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

namespace offload {

void Burial::take(std::shared_ptr<process::CruncherProcess> process, Slot slot,
                  std::optional<process::Abandoned> job) {
  ++under_way_;
  asio::co_spawn(loop_.get_executor(), bury(std::move(process), std::move(slot), std::move(job)),
                 asio::detached);
}

awaitable<> Burial::bury(std::shared_ptr<process::CruncherProcess> process, Slot slot,
                         std::optional<process::Abandoned> job) {
  co_await asio::post(loop_.get_executor(), use_awaitable);  // the response goes out first
  co_await process->end(kill_grace_);
  orphans_.spare_no_more(process->pid());
  orphans_.sweep();
  --under_way_;
  settle_account(*process, job);
  if (on_gone_) on_gone_(process->pid());
  slot = {};
  co_await others_first(loop_.get_executor());  // light requests, and the job that has waited for the slot
  process->release();
}

void Burial::settle_account(const process::CruncherProcess& process,
                            const std::optional<process::Abandoned>& job) {
  if (!job || !on_abandoned_) return;
  auto usage = process.usage();
  usage.wait_ms = job->wait_ms;
  on_abandoned_(*job, usage);
}

}  // namespace offload
