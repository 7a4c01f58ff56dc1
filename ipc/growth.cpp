#include "ipc/growth.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>

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

void Growth::append(std::string& text, std::string_view piece) {
  const auto needed = text.size() + piece.size();
  if (needed > kSmall && text.capacity() < room_) text.reserve(room_);
  if (needed > std::max(populated_, kSmall) && needed <= text.capacity()) {
    populated_ = std::min(text.capacity(), needed + kPopulate);
    populate(text.data() + text.size(), populated_ - text.size());
  }
  text.append(piece);
}

}  // namespace ipc
