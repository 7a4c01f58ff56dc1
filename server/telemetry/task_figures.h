#pragma once
// What became of the jobs of each task, and how long they ran over the last minute. Memory and text are
// bounded by the number of tasks, and that by kTasks. Knows no request. Used by status.h.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "ipc/json.h"
#include "server/telemetry/recent.h"

namespace telemetry {

class TaskFigures {
 public:
  /// Beyond so many names all share one.
  static constexpr std::size_t kTasks = 100;
  static constexpr char kOthers[] = "(others)";

  /// One job is over; `run_ms` is absent where it got no process.
  void add(std::string_view task, std::optional<double> run_ms, bool failed,
           Clock::time_point now = Clock::now());

  /// An object with a member for each task that had a job.
  ipc::Json json(Clock::time_point now = Clock::now());

 private:
  struct Figures {
    Recent runs;
    std::uint64_t total = 0;
    std::uint64_t failed = 0;
  };
  Figures& of(std::string_view task);

  const Clock::time_point start_ = Clock::now();
  std::map<std::string, Figures, std::less<>> tasks_;
};

/// The JSON Schema of TaskFigures::json().
ipc::Json task_figures_schema();

}  // namespace telemetry
