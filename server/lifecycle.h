#pragma once
// From serving to the end: ready, signals, drain. Knows neither HTTP nor processes beyond their counts. Made
// in main.

#include <boost/asio/signal_set.hpp>
#include <functional>

#include "server/offload/admission.h"
#include "server/offload/dispatcher.h"
#include "server/options.h"
#include "server/site.h"
#include "server/stored_jobs.h"
#include "server/telemetry/access_log.h"

namespace server {

class Lifecycle {
 public:
  /// What is to be drained, in main's hands; all of it must outlive this.
  struct Parts {
    Loop& loop;
    asio::signal_set& signals;  ///< listen_to_signals() since before the first process
    const Options& options;
    telemetry::Log& log_file;
    telemetry::AccessLog& log;
    offload::Admission& admission;
    offload::Dispatcher& dispatcher;
    Site& site;
    Site* admin_site;  ///< null where there is none
    StoredJobs& stored;
    std::function<void()> reload;  ///< at SIGHUP
  };
  explicit Lifecycle(Parts parts);

  /// Runs the loop until a signal has ended the server. Returns the exit code: 0 after a drain, 1 where
  /// --drain-timeout cut it short, 128 + signal where a second signal did.
  int run();

 private:
  awaitable<> announce();
  awaitable<> feed_watchdog(Milliseconds every);
  void await_signal();
  awaitable<> drain(int signal);
  awaitable<> leave_operators();
  awaitable<> cut_off();
  void end_now(int exit_code);

  Parts parts_;
  bool draining_ = false;
  int exit_code_ = 0;
};

}  // namespace server
