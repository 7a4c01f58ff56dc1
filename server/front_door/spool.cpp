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

struct Written {
  loop::UniqueFd made;
  int error = 0;
};

struct Moved {
  std::size_t bytes = 0;
  int error = 0;
  bool no_room = false;
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

// Room for a piece is taken before it is read, and what it does not need is given back.
Moved move_to_file(int socket, SpooledContent& to, loop::Scratch& scratch, std::size_t most) {
  Moved moved;
  std::array<char, loop::kMovedAtOnce> piece;
  const auto until = Clock::now() + kMovedWithin;
  do {
    const auto room = std::min(piece.size(), most - moved.bytes);
    moved.no_room = !scratch.extend(to.share, room);
    if (moved.no_room) break;
    const auto count = ::recv(socket, piece.data(), room, MSG_DONTWAIT);
    const auto size = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    scratch.shrink(to.share, room - size);
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) moved.end = "client";
    if (count < 0 && errno != EAGAIN) moved.end = "client_reset";
    if (count <= 0) break;
    moved.error = write_all(to.fd.get(), {piece.data(), size}, to.size + moved.bytes);
    moved.bytes += size;
  } while (moved.bytes < most && moved.error == 0 && Clock::now() < until);
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
  auto work = [this, socket, most] { return move_to_file(socket, content_, scratch_, most); };
  const auto moved = co_await scratch_.threads().call(work);
  content_.size += moved.bytes;
  if (moved.error != 0) co_return Received{failed(moved.error), {}};
  if (moved.no_room) co_return Received{no_scratch(scratch_, content_.size), {}};
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
