#include "ipc/growth.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>

namespace ipc {
namespace {

constexpr std::uintptr_t kPage = 4096;
// Of a text, made or given back in one call, in tens of microseconds either way. With each call that gives
// back, x86 interrupts every other core that runs a thread of the program, to have it forget the pages: so
// not less at a time.
constexpr std::size_t kPart = 32 * 1024;
constexpr std::size_t kGone = 256 * 1024;

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
  for (auto at = (begin + kPage - 1) / kPage * kPage; at < end; at += kGone)
    madvise(reinterpret_cast<void*>(at), std::min<std::size_t>(kGone, end - at), MADV_DONTNEED);
}

}  // namespace ipc
