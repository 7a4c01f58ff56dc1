#include "server/lifecycle.h"

#include <fmt/format.h>
#include <signal.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "server/loop/wake_up.h"
#include "server/process/wait_status.h"
#include "server/service_manager.h"

namespace server {

namespace {

constexpr Milliseconds kSparesPatience{2000};
constexpr Milliseconds kGlance{10};
// So long clients that could not know of the end may still ask for heavy work.
constexpr Milliseconds kLastCalls{500};

}  // namespace

Lifecycle::Lifecycle(House house) : house_(house), signals_(house.loop, SIGTERM, SIGINT, SIGHUP) {}

int Lifecycle::run() {
  house_.log_file.reopen();  // a SIGHUP may have come before there was somebody to hear it
  await_signal();
  asio::co_spawn(house_.loop.get_executor(), announce(), asio::detached);
  house_.loop.run();
  return exit_code_;
}

// Ready is whoever can answer heavy requests at full speed: it listens, and the spares are up.
awaitable<> Lifecycle::announce() {
  WakeUp nobody(house_.loop);
  const auto patience = Clock::now() + kSparesPatience;
  while (house_.crew.ready() < house_.crew.target() && Clock::now() < patience)
    co_await nobody.wait(Clock::now() + kGlance);
  for (const auto& listener : house_.listeners)
    house_.log.say(spdlog::level::info, "listening on " + listener->endpoint().name);
  notify_service_manager("READY=1");
}

void Lifecycle::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP)
      house_.log_file.reopen();
    else if (house_.door.draining)
      return end_now(128 + signal);
    else
      asio::co_spawn(house_.loop.get_executor(), drain(signal), asio::detached);
    await_signal();
  });
}

awaitable<> Lifecycle::drain(int signal) {
  house_.log.say(spdlog::level::info,
                 fmt::format("{}: no new connections; {} jobs run, {} wait", process::signal_name(signal),
                             house_.admission.running(), house_.admission.waiting()));
  notify_service_manager("STOPPING=1");
  for (auto& listener : house_.listeners) listener->close();
  house_.admission.drain();
  house_.door.drain();
  house_.crew.drain();
  WakeUp nobody(house_.loop);
  const auto begin = Clock::now();
  const auto patience = begin + house_.options.drain_timeout;
  const auto& counts = house_.door.counts;
  while (counts.open > counts.lingering || house_.crew.busy()) {
    if (Clock::now() >= patience) {
      if (counts.open == counts.lingering) break;  // main ends the processes that are left
      house_.log.say(spdlog::level::warn, fmt::format("--drain-timeout: {} connections are cut off",
                                                      counts.open - counts.lingering));
      co_return end_now(1);
    }
    if (Clock::now() >= begin + kLastCalls) house_.admission.close();
    co_await nobody.wait(Clock::now() + kGlance);
  }
  house_.log.say(spdlog::level::info, "all is answered");
  house_.loop.stop();
}

// What still runs is main's to end.
void Lifecycle::end_now(int exit_code) {
  exit_code_ = exit_code;
  house_.loop.stop();
}

}  // namespace server
