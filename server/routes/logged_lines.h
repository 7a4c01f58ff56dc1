#pragma once
// The stderr of a job whose client waits for it: the observers hear of each line as it comes, the first of
// many. Knows no process. Used by offload.cpp, and of streams and stored jobs by events.cpp and replay.cpp.

#include <functional>
#include <string>
#include <vector>

#include "server/jobs/topic.h"
#include "server/telemetry/observer.h"

namespace routes {

/// Tells the observers, which must outlive it, of each line under that id.
inline auto logged_as(const std::vector<telemetry::Observer*>& observers, std::string id) {
  return [&observers, id = std::move(id)](const process::LogLine& line) {
    for (auto* observer : observers) observer->on_stderr_line(id, line.level, line.text);
  };
}

class LoggedLines final : public process::JobListener {
 public:
  /// `observers` must outlive it; `id` is the request's.
  LoggedLines(const std::vector<telemetry::Observer*>& observers, std::string id)
      : tell_(logged_as(observers, std::move(id))) {}

  void on_progress(double) override {}
  void on_stderr(std::string_view bytes) override {
    lines_.add(bytes, [this](const process::LogLine& line) { count(line); });
  }

  /// What has no end yet is a line, too. False where there were more lines than were told.
  bool end() {
    lines_.flush([this](const process::LogLine& line) { count(line); });
    return count_ <= jobs::Topic::kLoggedLines;
  }

 private:
  void count(const process::LogLine& line) {
    if (count_++ < jobs::Topic::kLoggedLines) tell_(line);
  }

  const std::function<void(const process::LogLine&)> tell_;
  process::LogLines lines_;
  std::size_t count_ = 0;
};

}  // namespace routes
