#pragma once
// Cuts a stream of bytes into lines. Knows no JSON. Fed with whatever read(2) gave, by both ends of the pipe.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "ipc/growth.h"

namespace ipc {

class LineReader {
 public:
  /// `max_line` is the longest line accepted, in bytes without its '\n'; at least 1. `reserve` is the room
  /// that a long line is given at once (Growth).
  explicit LineReader(std::size_t max_line, std::size_t reserve = 0);

  /// Takes bytes in any portions. Once overflowed() is true, bytes are dropped.
  void feed(std::string_view bytes);

  /// The next whole line without its '\n' (a '\r' before it stays), or nothing until more is fed.
  /// Lines that came before one that is too long are still given out.
  std::optional<std::string> next();

  /// What has been fed and not given out, for the one who knows where to free it. Nothing may be fed any
  /// more.
  std::string give_up();

  /// True as soon as a line is longer than `max_line`, even before its end came; final.
  bool overflowed() const { return overflowed_; }

  /// Bytes of a line whose '\n' has not come (and of lines not yet taken).
  std::size_t buffered() const { return buffer_.size() - start_; }

 private:
  std::size_t max_line_;
  Growth growth_;
  std::string buffer_;
  std::size_t start_ = 0;    // first byte not yet given out
  std::size_t tail_ = 0;     // start of the line whose '\n' has not come: [start_, tail_) are whole lines
  std::size_t newline_ = 0;  // the first one from start_ on, where there is a whole line
  bool overflowed_ = false;
};

}  // namespace ipc
