#pragma once
// Who a connection is from. Knows no socket. Made by listener.h, kept by connection.h.

#include <sys/socket.h>

#include <string>

namespace front_door {

struct Peer {
  std::string address;  ///< "127.0.0.1", "::1", or "unix"
  int port = 0;
  /// Whose connections count as one client's: the address, of IPv6 its /64. Empty: nobody's.
  std::string group{};
  bool loopback = false;
};

Peer peer_of(const sockaddr* address);

}  // namespace front_door
