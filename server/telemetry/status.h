#pragma once
// What the server does now and did of late, as the JSON of /status and /status/history (their shapes:
// server/web/README.md). Made in main, before what it hears of; asked by their routes.

#include <map>
#include <string>

#include "ipc/json.h"
#include "server/telemetry/history.h"
#include "server/telemetry/last_failures.h"
#include "server/telemetry/observer.h"
#include "server/telemetry/recent.h"
#include "server/telemetry/sources.h"
#include "server/telemetry/task_figures.h"

namespace telemetry {

/// The JSON Schemas (draft-07) of Status::json() and Status::history_json().
ipc::Json status_schema();
ipc::Json status_history_schema();

class Status final : public Observer {
 public:
  static constexpr std::size_t kListed = 100;  // jobs

  /// Keeps a history from now on. `loop` runs no longer than this and the sources live.
  void begin(Loop& loop, const Sources& sources);

  void on_request(const RequestRecord& record) override;
  void on_stored_job(const StoredJobRecord& record) override;
  void on_abandoned(const process::Abandoned& job, const process::Usage& usage) override;
  void on_bug(std::string_view, std::string_view) override {}

  /// One JSON text, whatever runs and waits: the oldest 100 jobs, and how many more there are. With `own`, of
  /// others neither request ids nor what their jobs said are told: they may hold secrets.
  std::string json(const Sources& sources, const std::optional<std::string>& own);
  std::string history_json() const;

 private:
  awaitable<> record(Loop& loop, Sources sources);
  void on_end(std::string_view id, std::string_view task, const process::Outcome& outcome);
  double uptime_s() const;

  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  const Clock::time_point start_ = Clock::now();
  Recent light_, heavy_;
  History history_;
  TaskFigures tasks_;
  LastFailures failures_;
  std::map<std::string_view, std::uint64_t> outcomes_;
};

}  // namespace telemetry
