#include "ipc/growth.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>

namespace ipc {
namespace {

constexpr std::uintptr_t kPage = 4096;
constexpr std::size_t kPart = 32 * 1024;  // of a text, made or given back at a time: tens of microseconds

// Has the kernel make pages in one go that are about to be written, for a fault each is many times dearer. A
// kernel that does not know how (before 5.14) leaves it to the faults.
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
void populate(char* begin, std::size_t size) {
  const auto first = reinterpret_cast<std::uintptr_t>(begin) / kPage * kPage;
  const auto last = (reinterpret_cast<std::uintptr_t>(begin) + size) / kPage * kPage;
  if (last > first) madvise(reinterpret_cast<void*>(first), last - first, MADV_POPULATE_WRITE);
}

}  // namespace

void Growth::append(std::string& text, std::string_view piece) {
  const auto needed = text.size() + piece.size();
  if (needed > kShort && text.capacity() < room_) text.reserve(room_);
  if (needed > std::max(populated_, kShort) && needed <= text.capacity()) {
    populated_ = std::min(text.capacity(), std::max(needed, text.size() + kPart) + kPage);
    populate(text.data() + text.size(), populated_ - text.size());
  }
  text.append(piece);
}

void let_go(std::string text) {
  const auto begin = reinterpret_cast<std::uintptr_t>(text.data());
  const auto end = (begin + text.capacity()) / kPage * kPage;
  for (auto at = (begin + kPage - 1) / kPage * kPage; at < end; at += kPart)
    madvise(reinterpret_cast<void*>(at), std::min<std::size_t>(kPart, end - at), MADV_DONTNEED);
}

}  // namespace ipc
