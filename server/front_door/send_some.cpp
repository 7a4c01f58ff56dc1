#include "server/front_door/send_some.h"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "server/loop/size_limits.h"

namespace front_door {
namespace {

ssize_t send_piece(int socket, std::string_view bytes) {
  return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

ssize_t send_parts(int socket, const Parts& parts) {
  if (parts.size() == parts.head.size()) return send_piece(socket, parts.head);
  if (parts.size() <= loop::kSentAsOnePiece) {
    std::array<char, loop::kSentAsOnePiece> piece;
    auto* end = piece.data();
    for (const auto part : {parts.head, parts.body, parts.tail}) end += part.copy(end, part.size());
    return send_piece(socket, {piece.data(), parts.size()});
  }
  std::array<iovec, 3> pieces;
  std::size_t count = 0;
  for (const auto part : {parts.head, parts.body, parts.tail})
    if (!part.empty()) pieces[count++] = {const_cast<char*>(part.data()), part.size()};
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void skip_some(std::string_view& part, std::size_t& skip) {
  const auto skipped = std::min(skip, part.size());
  part.remove_prefix(skipped);
  skip -= skipped;
}

}  // namespace

ssize_t send_some(int socket, Parts parts, std::size_t skip) {
  for (auto* part : {&parts.head, &parts.body, &parts.tail}) skip_some(*part, skip);
  if (parts.body.size() > loop::kBytesPerTurn) {
    parts.body = parts.body.substr(0, loop::kBytesPerTurn);
    parts.tail = {};
  }
  for (;;) {
    const auto sent = send_parts(socket, parts);
    if (sent >= 0 || errno != EINTR) return sent;
  }
}

ssize_t send_some_of_file(int socket, int file, std::size_t offset, std::size_t size) {
  auto from = static_cast<off_t>(offset);
  for (;;) {
    const auto sent = ::sendfile(socket, file, &from, size);
    if (sent >= 0 || errno != EINTR) return sent;
  }
}

}  // namespace front_door
