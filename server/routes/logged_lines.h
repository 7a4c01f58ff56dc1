#pragma once
// The stderr of a job whose client waits for it: the observers hear of each line as it comes, the first of
// many. Knows no process. Used by offload.cpp.

#include <string>
#include <vector>

#include "server/jobs/topic.h"
#include "server/telemetry/observer.h"

namespace routes {

class LoggedLines final : public process::JobListener {
 public:
  /// `observers` must outlive it; `id` is the request's.
  LoggedLines(const std::vector<telemetry::Observer*>& observers, std::string id)
      : observers_(observers), id_(std::move(id)) {}

  void on_progress(double) override {}
  void on_stderr(std::string_view bytes) override {
    lines_.add(bytes, [this](const process::LogLine& line) { tell(line); });
  }

  /// What has no end yet is a line, too. False where there were more lines than were told.
  bool end() {
    lines_.flush([this](const process::LogLine& line) { tell(line); });
    return count_ <= jobs::Topic::kLoggedLines;
  }

 private:
  void tell(const process::LogLine& line) {
    if (count_++ >= jobs::Topic::kLoggedLines) return;
    for (auto* observer : observers_) observer->on_stderr_line(id_, line.level, line.text);
  }

  const std::vector<telemetry::Observer*>& observers_;
  const std::string id_;
  process::LogLines lines_;
  std::size_t count_ = 0;
};

}  // namespace routes
