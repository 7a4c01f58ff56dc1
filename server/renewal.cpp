#include "server/renewal.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>

#include "server/loop/wake_up.h"
#include "server/offload/discovery.h"
#include "server/startup.h"

namespace server {

Renewal::Renewal(Parts parts, ipc::Json document)
    : parts_(std::move(parts)), document_(std::move(document)) {}

void Renewal::begin() {
  if (std::exchange(asking_, true)) return;
  asio::co_spawn(parts_.loop.get_executor(), ask(), [this](std::exception_ptr error) {
    asking_ = false;
    try {
      if (error) std::rethrow_exception(error);
    } catch (const std::exception& problem) {
      parts_.say(false, fmt::format("SIGHUP: the cruncher cannot be asked again: {}", problem.what()));
    }
  });
}

// By a process of its own: the spares may be of an earlier version.
awaitable<> Renewal::ask() {
  offload::Crew crew(parts_.loop, parts_.orphans, program_for_discovery(parts_.options), {}, 1);
  offload::Admission admission(parts_.loop, 1, 0, Milliseconds{0});
  offload::Dispatcher dispatcher(admission, crew, parts_.json_pool);
  const auto answer =
      co_await offload::discover(dispatcher, parts_.options.job, parts_.options.start_timeout);
  crew.drain();
  WakeUp nobody(parts_.loop);
  while (crew.ending()) co_await nobody.wait(Clock::now() + kBetweenLooks);
  if (const auto* why = std::get_if<std::string>(&answer)) {
    parts_.say(false, fmt::format("SIGHUP: the cruncher stays as it is: {}", *why));
    co_return;
  }
  parts_.dispatcher.renew();
  const bool same = std::get<ipc::Json>(answer) == document_;
  parts_.say(same,
             same ? "SIGHUP: the cruncher has answered, its processes are started anew"
                  : "SIGHUP: the cruncher's processes are started anew; what it offers has changed, which "
                    "takes a restart to be served");
}

}  // namespace server
