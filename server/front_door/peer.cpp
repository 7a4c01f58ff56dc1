#include "server/front_door/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace front_door {
namespace {

std::string text_of(const in_addr& address) {
  char text[INET_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET, &address, text, sizeof text);
  return text;
}

std::string text_of(const in6_addr& address) {
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET6, &address, text, sizeof text);
  return text;
}

bool is_loopback(const in_addr& address) {
  return (ntohl(address.s_addr) >> 24) == 127;
}

Peer peer_of_v4(const in_addr& address, int port) {
  auto text = text_of(address);
  return {text, port, text, is_loopback(address)};
}

}  // namespace

Peer peer_of(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(address);
    return peer_of_v4(in->sin_addr, ntohs(in->sin_port));
  }
  if (address->sa_family != AF_INET6) return {"unix"};
  const auto* in = reinterpret_cast<const sockaddr_in6*>(address);
  const int port = ntohs(in->sin6_port);
  const auto& bytes = in->sin6_addr.s6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&in->sin6_addr)) {  // by a socket of systemd's for both families
    in_addr v4{};
    std::copy(bytes + 12, bytes + 16, reinterpret_cast<unsigned char*>(&v4));
    return peer_of_v4(v4, port);
  }
  auto network = in->sin6_addr;
  std::fill(network.s6_addr + 8, network.s6_addr + 16, 0);
  return {text_of(in->sin6_addr), port, text_of(network) + "/64", IN6_IS_ADDR_LOOPBACK(&in->sin6_addr) != 0};
}

}  // namespace front_door
