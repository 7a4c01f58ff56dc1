#include "server/loop/random_id.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace loop {
namespace {

using Page = std::array<std::uint8_t, 4096>;

void fill(Page& page) {
  for (std::size_t filled = 0; filled < page.size();) {
    const auto count = ::getrandom(page.data() + filled, page.size() - filled, 0);
    if (count < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
    if (count > 0) filled += static_cast<std::size_t>(count);
  }
}

}  // namespace

// A page of randomness at a time: one system call for many ids. Boost.UUID's generator would make one for
// each.
std::string random_id() {
  static Page page;
  static std::size_t used = page.size();
  if (used == page.size()) {
    fill(page);
    used = 0;
  }
  constexpr char kDigits[] = "0123456789abcdef";
  std::string id;
  id.reserve(32);
  for (int i = 0; i < 16; ++i, ++used) {
    id += kDigits[page[used] >> 4];
    id += kDigits[page[used] & 15];
  }
  return id;
}

}  // namespace loop
