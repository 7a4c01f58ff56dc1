#pragma once
// Where the log's lines go: a file, a FIFO, a descriptor. A line that does not get out is lost, counted, and
// told once on stderr. Knows no queue and no request. Used by the log's thread alone, but for lost().

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/loop/unique_fd.h"

namespace telemetry {

class LogFile {
 public:
  /// "-" and "/dev/stdout" are this process's stdout, "/dev/stderr" its stderr. A FIFO needs no reader.
  /// Throws std::runtime_error with a sentence where it cannot be opened.
  explicit LogFile(std::string name);

  /// Opens it anew before the next line. Where that fails, one line on stderr says so, the old file stays,
  /// and later lines try again. From any thread.
  void ask_to_reopen() { asked_ = true; }

  /// Appends the line, without its end. Waits for a reader that stands still, a second at the most. False
  /// where the line did not get out, or not all of it; the next then begins a line of its own.
  bool write(std::string_view line);

  /// As write(); a line that is lost is counted.
  void write_or_count(std::string_view line);
  /// From any thread.
  std::uint64_t lost() const { return lost_; }

 private:
  using Clock = std::chrono::steady_clock;
  bool open();
  void reopen_if_due();
  void complain(int error);

  const std::string name_;
  loop::UniqueFd fd_;
  std::atomic<bool> asked_{false};
  std::optional<Clock::time_point> due_;  // of the next try to open the file anew
  bool told_ = false;                     // that one has failed since it was asked for
  bool complained_ = false;               // of lines that are lost, since the file was opened
  bool stuck_ = false;                    // its reader, who is not waited for again until something goes out
  bool torn_ = false;                     // the last line
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace telemetry
