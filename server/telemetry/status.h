#pragma once
// What the server does now, as the JSON of /status (its shape: server/web/README.md). Made in main; asked by
// its route.

#include <map>
#include <string>

#include "ipc/json.h"
#include "server/front_door/door.h"
#include "server/jobs/store.h"
#include "server/offload/dispatcher.h"
#include "server/telemetry/observer.h"
#include "server/telemetry/recent.h"

namespace telemetry {

/// The JSON Schema (draft-07) of Status::json().
ipc::Json status_schema();

class Status final : public Observer {
 public:
  Status(const offload::Dispatcher& dispatcher, const front_door::Door& door)
      : dispatcher_(dispatcher), door_(door) {}

  /// Shows stored jobs as well; must outlive it.
  void show(const jobs::Store& store) { store_ = &store; }

  void on_request(const RequestRecord& record) override;
  void on_stored_job(const StoredJobRecord& record) override;
  void on_abandoned(const process::Abandoned&, const process::Usage&) override {}
  void on_bug(std::string_view, std::string_view) override {}

  /// One JSON text, whatever runs and waits: the oldest 100 jobs, and how many more there are. With `own`, no
  /// other request id is told: clients choose theirs, and may hide something in it.
  std::string json(const std::optional<std::string>& own);

 private:
  const offload::Dispatcher& dispatcher_;
  const front_door::Door& door_;
  const jobs::Store* store_ = nullptr;
  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  const Clock::time_point start_ = Clock::now();
  Recent light_, heavy_;
  std::map<std::string_view, std::uint64_t> outcomes_;
};

}  // namespace telemetry
