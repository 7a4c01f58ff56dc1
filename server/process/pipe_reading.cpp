#include "server/process/pipe_reading.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "server/loop/size_limits.h"

namespace process {
namespace {

thread_local char scratch[kBytesPerTurn];

}  // namespace

Piece read_piece(int pipe, std::size_t most) {
  const auto count = ::read(pipe, scratch, std::min(sizeof scratch, most));
  if (count > 0) return {{scratch, static_cast<std::size_t>(count)}, false, true};
  return {{}, count == 0, count < 0 && (errno == EAGAIN || errno == EINTR)};
}

std::size_t unread(int pipe) {
  int count = 0;
  ::ioctl(pipe, FIONREAD, &count);
  return static_cast<std::size_t>(count);
}

void keep_tail(std::string& tail, std::string_view bytes) {
  tail += bytes;
  if (tail.size() > kStderrKept) tail.erase(0, tail.size() - kStderrKept);
}

Pulled pull(int pipe, Dialogue& dialogue) {
  Pulled pulled{false, true};
  for (std::size_t bytes = 0; bytes < kBytesPerCall && !dialogue.failed();) {
    const auto piece = read_piece(pipe);
    dialogue.collect(piece.bytes);
    bytes += piece.bytes.size();
    pulled = {piece.end, piece.more};
    if (piece.bytes.empty()) break;
  }
  return pulled;
}

}  // namespace process
