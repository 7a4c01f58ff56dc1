#include "server/renewal.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>

#include "server/loop/wake_up.h"
#include "server/offload/discovery.h"
#include "server/startup.h"

namespace server {

Renewal::Renewal(House house, ipc::Json document)
    : house_(std::move(house)), document_(std::move(document)) {}

void Renewal::begin() {
  if (std::exchange(asking_, true)) return;
  asio::co_spawn(house_.loop.get_executor(), ask(), [this](std::exception_ptr error) {
    asking_ = false;
    try {
      if (error) std::rethrow_exception(error);
    } catch (const std::exception& problem) {
      house_.say(false, fmt::format("SIGHUP: the cruncher cannot be asked again: {}", problem.what()));
    }
  });
}

// By a process of its own: the spares may be of an earlier version.
awaitable<> Renewal::ask() {
  offload::Crew crew(house_.loop, house_.orphans, program_for_discovery(house_.options), {}, 1);
  offload::Admission admission(house_.loop, 1, 0, Milliseconds{0});
  offload::Dispatcher dispatcher(admission, crew, house_.json_pool);
  const auto answer =
      co_await offload::discover(dispatcher, house_.options.job, house_.options.start_timeout);
  crew.drain();
  WakeUp nobody(house_.loop);
  while (crew.ending()) co_await nobody.wait(Clock::now() + kBetweenLooks);
  if (const auto* why = std::get_if<std::string>(&answer)) {
    house_.say(false, fmt::format("SIGHUP: the cruncher stays as it is: {}", *why));
    co_return;
  }
  house_.dispatcher.renew();
  const bool same = std::get<ipc::Json>(answer) == document_;
  house_.say(same,
             same ? "SIGHUP: the cruncher has answered, its processes are started anew"
                  : "SIGHUP: the cruncher's processes are started anew; what it offers has changed, which "
                    "takes a restart to be served");
}

}  // namespace server
