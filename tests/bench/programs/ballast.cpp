// A library for LD_PRELOAD: makes the program that loads it hold BALLAST_MIB of touched memory, in small
// pages, as a server does that has a big cache. Children do not inherit it. With it one sees what a big
// parent costs per child.

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

namespace {

[[gnu::constructor]] void take_on_ballast() {
  const char* mebibytes = std::getenv("BALLAST_MIB");
  const std::size_t size = mebibytes ? std::strtoull(mebibytes, nullptr, 10) << 20 : 0;
  unsetenv("LD_PRELOAD");
  unsetenv("BALLAST_MIB");
  if (size == 0) return;
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  madvise(memory, size, MADV_NOHUGEPAGE);
  std::memset(memory, 1, size);
}

}  // namespace
