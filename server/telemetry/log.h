#pragma once
// The server's log: lines go to a bounded queue, a thread of its own writes them, and where they come faster
// than they are taken the oldest are lost instead of the loop waiting. Knows no request. Made in main.

#include <spdlog/logger.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace telemetry {

class FileSink;

class Log {
 public:
  /// `file` "-" is stdout. `on_start` is called in the log's thread. Throws std::runtime_error with a
  /// sentence where the file cannot be opened.
  Log(
      const std::string& file, const std::string& level, std::function<void()> on_start = [] {});
  /// Writes what is queued, but waits for a stuck reader a second at the most.
  ~Log();

  bool accepts(spdlog::level::level_enum level) const { return logger_->should_log(level); }
  void write(spdlog::level::level_enum level, std::string_view line);
  /// `begin`, then `text` in quotes, then `end`. For long texts: the log's thread quotes them. `begin` is not
  /// empty; `end` is a literal.
  void write_quoted(spdlog::level::level_enum level, std::string_view begin, std::string_view text,
                    const char* end);

  /// `full` is called, by whoever writes, when half of the queue is taken.
  void on_backlog(std::function<void()> full) { on_backlog_ = std::move(full); }

  /// `line` makes the line that says how many are lost, once lines get out again. Called in the log's thread.
  /// To be set before the first line.
  void on_lost(std::function<std::string(std::uint64_t)> line);
  /// Lines that were lost since the start.
  std::uint64_t lost() const;

  /// Opens the file anew for the next line, after its rotation. Where that fails, one line on stderr says so,
  /// and it is tried again with later lines.
  void reopen();

 private:
  void look_at_queue();

  std::shared_ptr<FileSink> sink_;
  std::shared_ptr<spdlog::logger> logger_;
  std::function<void()> on_backlog_ = [] {};
  std::size_t unchecked_ = 0;  // lines since somebody looked how long the queue is
};

}  // namespace telemetry
