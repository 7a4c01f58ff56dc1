#pragma once
// The server's log: lines go to a bounded queue, a thread of its own writes them, and where they come faster
// than they are taken the oldest are lost instead of the loop waiting. Knows no request. Made in main.

#include <spdlog/logger.h>

#include <memory>
#include <string>

namespace telemetry {

class FdSink;

class Log {
 public:
  /// `file` "-" is stdout. Throws std::runtime_error with a sentence where the file cannot be opened.
  Log(const std::string& file, const std::string& level);
  /// Writes what is queued, but waits for a stuck reader a second at the most.
  ~Log();

  spdlog::logger& operator*() { return *logger_; }
  spdlog::logger* operator->() { return logger_.get(); }

  /// Opens the file anew, after its rotation.
  void reopen();

 private:
  std::shared_ptr<FdSink> sink_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace telemetry
