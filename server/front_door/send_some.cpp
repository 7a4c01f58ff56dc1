#include "server/front_door/send_some.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "server/loop/loop.h"

namespace front_door {
namespace {

// Up to here both are sent as one piece: to copy them costs less than a second piece does, on either end.
constexpr std::size_t kOnePiece = 4096;

ssize_t send_piece(int socket, std::string_view bytes) {
  return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

ssize_t send_both(int socket, std::string_view head, std::string_view body) {
  if (body.empty()) return send_piece(socket, head);
  if (head.size() + body.size() <= kOnePiece) {
    std::array<char, kOnePiece> piece;
    head.copy(piece.data(), head.size());
    body.copy(piece.data() + head.size(), body.size());
    return send_piece(socket, {piece.data(), head.size() + body.size()});
  }
  iovec parts[2] = {{const_cast<char*>(head.data()), head.size()},
                    {const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

ssize_t send_some(int socket, std::string_view head, std::string_view body, std::size_t skip) {
  const auto from_head = std::min(skip, head.size());
  head.remove_prefix(from_head);
  body.remove_prefix(skip - from_head);
  body = body.substr(0, kBytesPerTurn);
  for (;;) {
    const auto sent = send_both(socket, head, body);
    if (sent >= 0 || errno != EINTR) return sent;
  }
}

}  // namespace front_door
