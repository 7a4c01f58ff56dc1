// For LD_PRELOAD: fsync(2) and fdatasync(2) fail as long as the file $FSYNC_FAILS_IF exists.

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace {

bool fails() {
  const char* file = std::getenv("FSYNC_FAILS_IF");
  if (!file || ::access(file, F_OK) != 0) return false;
  errno = EIO;
  return true;
}

}  // namespace

extern "C" int fsync(int fd) {
  return fails() ? -1 : static_cast<int>(::syscall(SYS_fsync, fd));
}

extern "C" int fdatasync(int fd) {
  return fails() ? -1 : static_cast<int>(::syscall(SYS_fdatasync, fd));
}
