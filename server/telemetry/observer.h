#pragma once
// What those who keep logs and figures are told. Knows neither the routes nor the sockets that tell it.
// Implemented by access_log.h and metrics.h; called by routes/application.h, on the loop.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "server/process/job.h"
#include "server/process/outcome.h"

namespace telemetry {

/// One finished request. Views are valid during the call only.
struct RequestRecord {
  std::string_view request_id;
  std::string_view peer;    ///< the address
  std::string_view client;  ///< the name of its key, a bounded set; empty where it has shown none
  std::string_view method;  ///< a known method, or "-"
  std::string_view path;    ///< without the query: params are nobody's business
  std::string_view route;   ///< its path as it was added, "unknown" or "refused": a bounded set
  int status = 0;           ///< 499 where the client left
  std::string_view reason;  ///< a bounded set; empty where nothing went wrong
  std::size_t bytes = 0;    ///< sent
  /// From the whole request to the whole response; absent where the door refused what was no whole request.
  std::optional<double> total_ms;
  std::string_view content;
  std::string_view task;  ///< empty for light routes
  bool may_wait = false;  ///< heavy, or about a stored job: its time is not that of a light route
  const process::Outcome* outcome = nullptr;
  bool stderr_is_told = false;  ///< all of it, by on_stderr_line()

  bool heavy() const { return !task.empty(); }
  /// The word for what became of a heavy route's job, a bounded set; empty where there was none.
  std::string_view job_outcome() const {
    if (!heavy()) return {};
    if (outcome) return outcome->word();
    return status == 499 ? "client_gone" : std::string_view();
  }
};

/// One attempt of a stored job, once it is over. Views are valid during the call only.
struct StoredJobRecord {
  std::string_view id;
  std::string_view client;
  std::string_view owner;  ///< the name of its key; empty: it has none
  std::string_view task;   ///< of the catalogue's names, or "unknown"
  int attempt = 1;
  int status = 0;           ///< what its client would have been answered
  std::string_view reason;  ///< a bounded set; empty where nothing went wrong
  double total_ms = 0;      ///< from its start
  const process::Outcome* outcome = nullptr;
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_request(const RequestRecord& record) = 0;
  /// What a job has cost whose client left while it ran, told when its process is gone.
  virtual void on_abandoned(const process::Abandoned& job, const process::Usage& usage) = 0;
  virtual void on_stored_job(const StoredJobRecord& /*record*/) {}
  /// A line of a job's stderr, as it comes. `id` is the request's, or the stored job's; `level` that of
  /// syslog(3).
  virtual void on_stderr_line(std::string_view /*id*/, int /*level*/, std::string_view /*line*/) {}
  /// How long the start of a process took.
  virtual void on_start(double /*seconds*/) {}
  /// Something that should never happen did.
  virtual void on_bug(std::string_view request_id, std::string_view what) = 0;
};

}  // namespace telemetry
