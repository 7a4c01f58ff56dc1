#include "server/loop/scratch.h"

#include <fcntl.h>
#include <stdlib.h>

#include <cerrno>

namespace loop {
namespace {

std::string folder_or_default(std::string folder) {
  if (!folder.empty()) return folder;
  const char* own = ::getenv("TMPDIR");
  return own && *own ? own : "/tmp";
}

}  // namespace

Scratch::Scratch(Loop& loop, std::string folder, std::size_t most)
    : folder_(folder_or_default(std::move(folder))), most_(most), threads_(loop, 1) {}

bool Scratch::extend(Share& share, std::size_t bytes) {
  auto used = used_.load();
  do
    if (bytes > most_ - used) return false;
  while (!used_.compare_exchange_weak(used, used + bytes));
  share.scratch_ = this;
  share.size_ += bytes;
  return true;
}

void Scratch::shrink(Share& share, std::size_t bytes) {
  used_ -= bytes;
  share.size_ -= bytes;
}

UniqueFd Scratch::open() const {
  UniqueFd file(::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return file;
  auto name = folder_ + "/cruncherd-XXXXXX";  // a file system that knows no O_TMPFILE (overlayfs, NFS)
  file = UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
  if (file) ::unlink(name.c_str());
  return file;
}

}  // namespace loop
