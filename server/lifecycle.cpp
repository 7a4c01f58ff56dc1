#include "server/lifecycle.h"

#include <fmt/format.h>
#include <signal.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "server/loop/wake_up.h"
#include "server/process/wait_status.h"
#include "server/service_manager.h"
#include "server/signals.h"

namespace server {

namespace {

constexpr Milliseconds kSparesPatience{2000};
// So long clients that could not know of the end may still ask for heavy work.
constexpr Milliseconds kLastCalls{500};
// For responses to those who waited in vain.
constexpr Milliseconds kLastWords{250};
// Lines of one drain about jobs that it ends.
constexpr std::size_t kLinesOfJobs = 1000;

}  // namespace

Lifecycle::Lifecycle(Parts parts) : parts_(parts) {}

int Lifecycle::run() {
  parts_.log_file.reopen();  // a SIGHUP may have come before there was somebody to hear it
  await_signal();
  asio::co_spawn(parts_.loop.get_executor(), announce(), asio::detached);
  if (const auto every = watchdog_interval())
    asio::co_spawn(parts_.loop.get_executor(), feed_watchdog(*every), asio::detached);
  parts_.loop.run();
  return exit_code_;
}

// Ready is whoever can answer heavy requests at full speed: it listens, and the spares are up.
awaitable<> Lifecycle::announce() {
  WakeUp nobody(parts_.loop);
  const auto patience = Clock::now() + kSparesPatience;
  while (parts_.dispatcher.crew().ready() < parts_.dispatcher.crew().target() && Clock::now() < patience)
    co_await nobody.wait(Clock::now() + kBetweenLooks);
  for (const auto& name : parts_.site.names()) parts_.log.say(spdlog::level::info, "listening on " + name);
  if (parts_.admin_site)
    for (const auto& name : parts_.admin_site->names())
      parts_.log.say(spdlog::level::info, "listening for operators on " + name);
  notify_service_manager("READY=1");
}

awaitable<> Lifecycle::feed_watchdog(Milliseconds every) {
  WakeUp nobody(parts_.loop);
  for (;;) {
    notify_service_manager("WATCHDOG=1");
    co_await nobody.wait(Clock::now() + every);
  }
}

void Lifecycle::await_signal() {
  parts_.signals.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (is_for_log(signal)) {
      parts_.log_file.reopen();
      if (signal == SIGHUP) parts_.reload();
    } else if (std::exchange(draining_, true)) {
      return end_now(128 + signal);
    } else {
      asio::co_spawn(parts_.loop.get_executor(), drain(signal), asio::detached);
    }
    await_signal();
  });
}

awaitable<> Lifecycle::drain(int signal) {
  const auto delay = parts_.options.drain_delay;
  parts_.log.say(spdlog::level::info,
                 fmt::format("{}: {}; {} jobs run, {} wait", process::signal_name(signal),
                             delay.count() > 0
                                 ? fmt::format("no new connections in {} ms (--drain-delay)", delay.count())
                                 : "no new connections",
                             parts_.admission.running(), parts_.admission.waiting()));
  notify_service_manager("STOPPING=1");
  parts_.admission.drain();  // tells whoever asks /readyz
  parts_.stored.drain();
  WakeUp nobody(parts_.loop);
  if (delay.count() > 0) co_await nobody.wait(Clock::now() + delay);
  parts_.site.close();
  parts_.site.drain();
  parts_.dispatcher.drain();
  const auto begin = Clock::now();
  const auto patience = begin + parts_.options.drain_timeout;
  while (parts_.site.busy() || parts_.dispatcher.busy() || parts_.stored.running() > 0) {
    if (Clock::now() >= patience) {
      if (const auto running = parts_.stored.running())
        parts_.log.say(spdlog::level::info,
                       fmt::format("--drain-timeout: {} stored jobs go back to the queue", running));
      if (!parts_.site.busy()) break;  // main ends the processes that are left
      co_return co_await cut_off();
    }
    if (Clock::now() >= begin + kLastCalls) parts_.admission.close();
    co_await nobody.wait(Clock::now() + kBetweenLooks);
  }
  co_await leave_operators();
  parts_.log.say(spdlog::level::info, "all is answered");
  parts_.loop.stop();
}

// They may look at the drain until there is nothing left to see.
awaitable<> Lifecycle::leave_operators() {
  if (!parts_.admin_site) co_return;
  parts_.admin_site->close();
  parts_.admin_site->drain();
  WakeUp nobody(parts_.loop);
  const auto patience = Clock::now() + kLastCalls;
  while (parts_.admin_site->busy() && Clock::now() < patience)
    co_await nobody.wait(Clock::now() + kBetweenLooks);
}

// Who waits is told so; whose job runs loses it.
awaitable<> Lifecycle::cut_off() {
  std::size_t lines = 0;
  for (const auto& live : parts_.dispatcher.live()) {
    if (++lines > kLinesOfJobs) break;
    parts_.log.say(spdlog::level::warn,
                   fmt::format("--drain-timeout: a job of task '{}' that {} is cut off, id={}",
                               live.job->task, live.pid ? "runs" : "waits", live.job->request_id));
  }
  parts_.admission.dismiss();
  WakeUp nobody(parts_.loop);
  const auto patience = Clock::now() + kLastWords;
  while (parts_.site.busy() > parts_.admission.running() && Clock::now() < patience)
    co_await nobody.wait(Clock::now() + kBetweenLooks);
  parts_.log.say(spdlog::level::warn,
                 fmt::format("--drain-timeout: {} connections are cut off", parts_.site.busy()));
  end_now(1);
}

// What still runs is main's to end.
void Lifecycle::end_now(int exit_code) {
  exit_code_ = exit_code;
  parts_.loop.stop();
}

}  // namespace server
