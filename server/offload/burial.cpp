#include "server/offload/burial.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace offload {

void Burial::take(std::shared_ptr<CruncherProcess> process, Slot slot) {
  if (process->ended()) {
    process->reap();
    orphans_.sweep();
    return;
  }
  ++under_way_;
  asio::co_spawn(loop_.get_executor(), bury(std::move(process), std::move(slot)), asio::detached);
}

awaitable<> Burial::bury(std::shared_ptr<CruncherProcess> process, [[maybe_unused]] Slot slot) {
  co_await process->end(kill_grace_);
  orphans_.sweep();
  --under_way_;
}

}  // namespace offload
