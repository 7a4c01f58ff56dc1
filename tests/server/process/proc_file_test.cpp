#include "server/process/proc_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "tests/harness/sanitized.h"

namespace process {
namespace {

constexpr std::size_t kSize = std::size_t{16} << 20;
constexpr long kSlackKib = 2 << 10;  // what the test itself needs

// How much more is held with `kSize` bytes of such memory in use.
long more_held(int flags, int file, int protection = PROT_READ | PROT_WRITE) {
  const auto before = held_kib(::getpid()).value();
  void* const place = ::mmap(nullptr, kSize, protection, flags, file, 0);
  REQUIRE(place != MAP_FAILED);
  if ((protection & PROT_WRITE) != 0) {
    std::memset(place, 1, kSize);
  } else {
    std::size_t sum = 0;
    for (std::size_t at = 0; at < kSize; at += 4096)
      sum += static_cast<const volatile unsigned char*>(place)[at];
    CHECK(sum > 0);
  }
  const auto more = held_kib(::getpid()).value() - before;
  ::munmap(place, kSize);
  return more;
}

TEST_CASE("a process holds its own memory and what it shares, not the pages of files" *
          doctest::skip(harness::kSanitized)) {
  constexpr long kib = kSize >> 10;
  CHECK(more_held(MAP_PRIVATE | MAP_ANONYMOUS, -1) > kib - kSlackKib);
  CHECK(more_held(MAP_SHARED | MAP_ANONYMOUS, -1) > kib - kSlackKib);

  // Beside the program: a folder for temporary files may itself be memory.
  const std::string path = "/proc/self/exe";
  std::string name(4096, '\0');
  name.resize(static_cast<std::size_t>(::readlink(path.c_str(), name.data(), name.size())));
  name += ".pages";
  std::ofstream(name) << std::string(kSize, 'x');
  const loop::UniqueFd file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  ::unlink(name.c_str());
  CHECK(more_held(MAP_SHARED, file.get(), PROT_READ) < kSlackKib);
}

TEST_CASE("who has ended holds nothing that anybody knows of") {
  CHECK(held_kib(1 << 30) == std::nullopt);
}

}  // namespace
}  // namespace process
