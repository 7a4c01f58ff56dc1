#include "ipc/line_reader.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace ipc {
namespace {

// What does not fit into the first will probably be long. Growing on the way would copy many megabytes at
// once; memory that is reserved, but not yet touched, costs nothing.
constexpr std::size_t kSmall = 64 * 1024;

// Has the kernel make pages in one go that are about to be written, for a fault each is many times dearer. A
// kernel that does not know how (before 5.14) leaves it to the faults.
constexpr std::size_t kPopulate = 256 * 1024;
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
void populate(char* begin, std::size_t size) {
  constexpr std::uintptr_t kPage = 4096;
  const auto first = reinterpret_cast<std::uintptr_t>(begin) / kPage * kPage;
  const auto last = (reinterpret_cast<std::uintptr_t>(begin) + size) / kPage * kPage;
  if (last > first) madvise(reinterpret_cast<void*>(first), last - first, MADV_POPULATE_WRITE);
}

}  // namespace

LineReader::LineReader(std::size_t max_line, std::size_t reserve)
    : max_line_(std::max<std::size_t>(max_line, 1)), reserve_(std::min(reserve, max_line_ + 1)) {}

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
    const auto needed = buffer_.size() + piece.size();
    if (needed > kSmall && buffer_.capacity() < reserve_) buffer_.reserve(reserve_);
    if (needed > std::max(populated_, kSmall) && needed <= buffer_.capacity()) {
      populated_ = std::min(buffer_.capacity(), needed + kPopulate);
      populate(buffer_.data() + buffer_.size(), populated_ - buffer_.size());
    }
    buffer_.append(piece);
    if (whole) tail_ = buffer_.size();
    bytes.remove_prefix(piece.size());
  }
}

std::optional<std::string> LineReader::next() {
  if (start_ == tail_) return std::nullopt;
  const auto newline = buffer_.find('\n', start_);
  std::string line;
  if (start_ == 0 && newline + 1 == buffer_.size()) {
    // The usual case, one line and nothing behind it: a reply of many MiB is handed over without a copy.
    line = std::exchange(buffer_, {});
    line.pop_back();
    start_ = tail_ = populated_ = 0;
    return line;
  }
  line = buffer_.substr(start_, newline - start_);
  start_ = newline + 1;
  if (start_ == tail_) {
    buffer_.erase(0, start_);
    start_ = tail_ = 0;
  }
  return line;
}

}  // namespace ipc
