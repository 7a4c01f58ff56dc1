#include "server/front_door/peer.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>

#include "server/front_door/door.h"
#include "tests/server/front_door/nobody.h"

namespace front_door {
namespace {

Peer peer_at(const char* address) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET, address, &v4.sin_addr) == 1) return peer_of(reinterpret_cast<sockaddr*>(&v4));
  REQUIRE(::inet_pton(AF_INET6, address, &v6.sin6_addr) == 1);
  return peer_of(reinterpret_cast<sockaddr*>(&v6));
}

TEST_CASE("an address of IPv4 counts by itself, one of IPv6 with its whole /64") {
  CHECK(peer_at("192.0.2.1").group == "192.0.2.1");
  CHECK(peer_at("2001:db8:1:2:3:4:5:6").group == "2001:db8:1:2::/64");
  CHECK(peer_at("2001:db8:1:2:3:4:5:6").address == "2001:db8:1:2:3:4:5:6");
  CHECK(peer_at("2001:db8:1:3::1").group != peer_at("2001:db8:1:2::1").group);
}

TEST_CASE("an address of IPv4 is one also on a socket for both families") {
  CHECK(peer_at("::ffff:192.0.2.1").address == "192.0.2.1");
  CHECK(peer_at("::ffff:127.0.0.1").loopback);
}

TEST_CASE("the limit per address is for strangers: not for loopback unless it is given, never for proxies") {
  Loop loop(1);
  Nobody nobody;
  loop::Scratch scratch(loop, "", 0);
  Limits limits;
  const auto by_default = std::make_unique<Door>(loop, limits, nobody, scratch);
  limits.per_ip_on_loopback = true;
  const auto given = std::make_unique<Door>(loop, limits, nobody, scratch);
  given->stands_for_many = [](const std::string& address) { return address == "192.0.2.1"; };
  limits.max_connections_per_ip = 0;
  const auto off = std::make_unique<Door>(loop, limits, nobody, scratch);

  CHECK(by_default->is_limited(peer_at("192.0.2.1")));
  CHECK(!by_default->is_limited(peer_at("127.0.0.1")));
  CHECK(!by_default->is_limited(peer_at("::1")));
  CHECK(!by_default->is_limited(Peer{"unix"}));
  CHECK(given->is_limited(peer_at("127.0.0.1")));
  CHECK(given->is_limited(peer_at("192.0.2.2")));
  CHECK(!given->is_limited(peer_at("192.0.2.1")));
  CHECK(!given->is_limited(Peer{"unix"}));
  CHECK(!off->is_limited(peer_at("192.0.2.1")));
}

}  // namespace
}  // namespace front_door
