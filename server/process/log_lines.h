#pragma once
// The bytes of a job's stderr as lines, each with its level. Pure. Used by jobs/topic.h and by the log.

#include <string>
#include <string_view>

namespace process {

struct LogLine {
  int level = 4;  ///< sd-daemon(3): 0 (emergency) to 7 (debug), by "<N>" at its beginning; else 4, a warning
  std::string text;  ///< without its end and its level; 1 KiB at the most, the rest is a line of its own
};

class LogLines {
 public:
  static constexpr std::size_t kLongest = 1024;

  /// Calls `hear(LogLine)` for each line that is whole now.
  template <typename Hear>
  void add(std::string_view bytes, Hear hear) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      const auto room = kLongest - unfinished_.size();
      if (end == std::string_view::npos && bytes.size() < room) {
        unfinished_ += bytes;
        return;
      }
      const bool cut = end == std::string_view::npos || end > room;
      const auto length = cut ? room : end;
      unfinished_ += bytes.substr(0, length);
      bytes.remove_prefix(cut ? length : length + 1);
      flush(hear);
    }
  }

  /// What has no end, at the job's end.
  template <typename Hear>
  void flush(Hear hear) {
    auto line = parse(std::move(unfinished_));
    unfinished_.clear();
    if (!line.text.empty()) hear(std::move(line));
  }

 private:
  static LogLine parse(std::string text) {
    LogLine line;
    if (!text.empty() && text.back() == '\r') text.pop_back();
    if (text.size() >= 3 && text[0] == '<' && text[2] == '>' && text[1] >= '0' && text[1] <= '7') {
      line.level = text[1] - '0';
      text.erase(0, 3);
    }
    line.text = std::move(text);
    return line;
  }

  std::string unfinished_;
};

}  // namespace process
