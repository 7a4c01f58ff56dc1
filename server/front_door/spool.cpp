#include "server/front_door/spool.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "ipc/growth.h"
#include "server/loop/size_limits.h"

namespace front_door {
namespace {

constexpr std::size_t kPiece =
    64 * 1024;  // of what one call takes from a socket: it stays in the core's cache

struct Written {
  loop::UniqueFd made;
  int error = 0;
};

struct Moved {
  int error = 0;
  std::size_t bytes = 0;
  std::string_view end;
};

int write_all(int file, std::string_view bytes, std::size_t offset) {
  while (!bytes.empty()) {
    const auto count = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    offset += static_cast<std::size_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

Moved move_to_file(int socket, int file, std::size_t offset, std::size_t most) {
  Moved moved;
  std::array<char, kPiece> piece;
  while (moved.bytes < most && moved.error == 0) {
    const auto count = ::recv(socket, piece.data(), std::min(piece.size(), most - moved.bytes), MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      if (count == 0)
        moved.end = "client";
      else if (errno != EAGAIN)
        moved.end = "client_reset";
      break;
    }
    const auto size = static_cast<std::size_t>(count);
    moved.error = write_all(file, {piece.data(), size}, offset + moved.bytes);
    moved.bytes += size;
  }
  return moved;
}

}  // namespace

// pwrite(2) leaves the file's offset at 0, where its reader begins.
awaitable<std::optional<Refusal>> Spool::append(std::string bytes) {
  const auto size = bytes.size();
  if (!scratch_.extend(content_.share, size)) co_return no_scratch(scratch_, content_.size + size);
  auto work = [&scratch = scratch_, file = content_.fd.get(), offset = content_.size,
               bytes = std::move(bytes)]() mutable {
    Written written;
    if (file < 0) {
      written.made = scratch.open();
      file = written.made.get();
    }
    written.error = file < 0 ? errno : write_all(file, bytes, offset);
    if (bytes.size() >= ipc::kMapped) ipc::let_go(std::move(bytes));
    return written;
  };
  auto written = co_await scratch_.threads().call(std::move(work));
  if (written.made) content_.fd = std::move(written.made);
  if (written.error != 0) co_return failed(written.error);
  content_.size += size;
  co_return std::nullopt;
}

awaitable<Spool::Received> Spool::receive(int socket, std::size_t most) {
  most = std::min(most, loop::kMovedPerCall);
  if (!scratch_.extend(content_.share, most))
    co_return Received{no_scratch(scratch_, content_.size + most), {}};
  auto work = [socket, file = content_.fd.get(), offset = content_.size, most] {
    return move_to_file(socket, file, offset, most);
  };
  const auto moved = co_await scratch_.threads().call(work);
  scratch_.shrink(content_.share, most - moved.bytes);
  if (moved.error != 0) co_return Received{failed(moved.error), {}};
  content_.size += moved.bytes;
  co_return Received{std::nullopt, moved.end};
}

Refusal Spool::failed(int error) const {
  return {503, "scratch_full",
          fmt::format("the content cannot be kept in {} (--scratch-dir): {}", scratch_.folder(),
                      std::strerror(error))};
}

Refusal no_scratch(const loop::Scratch& scratch, std::size_t size) {
  if (size > scratch.most())
    return {413, "scratch_full",
            fmt::format("the content is larger than {} bytes (--max-scratch)", scratch.most())};
  return {503, "scratch_full",
          fmt::format("all long contents together are larger than {} bytes (--max-scratch)", scratch.most())};
}

}  // namespace front_door
