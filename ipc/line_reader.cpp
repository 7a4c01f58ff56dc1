#include "ipc/line_reader.h"

#include <algorithm>
#include <utility>

namespace ipc {
LineReader::LineReader(std::size_t max_line, std::size_t reserve)
    : max_line_(std::max<std::size_t>(max_line, 1)), growth_(std::min(reserve, max_line_ + 1)) {}

void LineReader::feed(std::string_view bytes) {
  while (!overflowed_ && !bytes.empty()) {
    const auto newline = bytes.find('\n');
    const bool whole = newline != std::string_view::npos;
    const auto piece = bytes.substr(0, whole ? newline + 1 : bytes.size());
    const auto line_size = buffer_.size() - tail_ + piece.size() - (whole ? 1 : 0);
    if (line_size > max_line_) {
      overflowed_ = true;
      buffer_.resize(tail_);
      return;
    }
    growth_.append(buffer_, piece);
    if (whole) {
      if (start_ == tail_) newline_ = buffer_.size() - 1;
      tail_ = buffer_.size();
    }
    bytes.remove_prefix(piece.size());
  }
}

std::optional<std::string> LineReader::next() {
  if (start_ == tail_) return std::nullopt;
  std::string line;
  if (start_ == 0 && buffer_.size() - newline_ - 1 <= newline_) {
    // The usual case, one line and little behind it: a reply of many MiB is handed over without a copy.
    line = std::exchange(buffer_, buffer_.substr(newline_ + 1));
    line.resize(newline_);
    tail_ -= newline_ + 1;
    growth_.restart();
  } else {
    line = buffer_.substr(start_, newline_ - start_);
    start_ = newline_ + 1;
    if (start_ == tail_) {
      buffer_.erase(0, start_);
      start_ = tail_ = 0;
    }
  }
  if (start_ < tail_) newline_ = buffer_.find('\n', start_);
  return line;
}

std::string LineReader::give_up() {
  start_ = tail_ = 0;
  return std::exchange(buffer_, {});
}

}  // namespace ipc
