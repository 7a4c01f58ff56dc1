#pragma once
// The last jobs that failed, with what they said: so many, and so much of each. Knows no request. Used by
// status.h.

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "ipc/json.h"
#include "server/process/outcome.h"

namespace telemetry {

class LastFailures {
 public:
  static constexpr std::size_t kKept = 20;
  static constexpr std::size_t kBytes = 512;  // of the detail, and of stderr

  void add(std::string_view id, std::string_view task, const process::Outcome& outcome);

  /// An array, the newest first. With `own`, only the job of that id has its id, detail and stderr: the
  /// others' may hold what their clients sent.
  ipc::Json json(const std::optional<std::string>& own) const;

 private:
  struct Entry {
    std::chrono::system_clock::time_point time;
    std::string id, task, detail, err;
    std::string_view reason;  // a literal
  };
  std::deque<Entry> entries_;
};

/// The JSON Schema of LastFailures::json().
ipc::Json last_failures_schema();

}  // namespace telemetry
