#pragma once
// How a text grows that comes in pieces and may become many megabytes long, and how it goes. Knows no line
// and no body. Used by both ends of a pipe and by the server's front door.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace ipc {

/// Bytes of a short text, at the most. What is longer will probably be much longer.
inline constexpr std::size_t kShort = 64 * 1024;

/// A short text grows as any string does. For a longer one `room` bytes of address space, which cost nothing
/// before they are touched, are set aside once, so that it is not copied as it grows, and its pages are made
/// ahead, many at a time.
class Growth {
 public:
  explicit Growth(std::size_t room = 0) : room_(room) {}

  /// Appends to `text`, which is always the same one until restart().
  void append(std::string& text, std::string_view piece);
  void restart() { populated_ = 0; }

  /// Bytes of memory that `text` takes: of its room only what has been made.
  std::size_t memory(const std::string& text) const {
    return populated_ ? std::max(text.size(), populated_) : text.capacity();
  }

 private:
  std::size_t room_;
  std::size_t populated_ = 0;
};

/// From this size on a block of memory is to be mapped by itself (M_MMAP_THRESHOLD of mallopt(3)).
inline constexpr std::size_t kMapped = 256 * 1024;

/// Frees a text of kMapped bytes or more, a part of its pages at a time: freed at once, they would hold up
/// all other threads that map or unmap memory. Meant for a thread that has the time.
void let_go(std::string text);

}  // namespace ipc
