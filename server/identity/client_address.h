#pragma once
// The address that a request is from: the peer's, or the one that a trusted proxy names. Knows no route.
// Used by clients.h.

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "server/front_door/exchange.h"

namespace identity {

namespace ip = boost::asio::ip;

/// The sentence says which form is right.
struct BadNetwork : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// Addresses in CIDR form. "unix" stands for whoever comes by a Unix socket.
class Networks {
 public:
  Networks() = default;
  /// "10.0.0.0/8", "::1", "unix". Throws BadNetwork.
  explicit Networks(const std::vector<std::string>& texts);

  bool empty() const { return !unix_ && v4_.empty() && v6_.empty(); }
  bool has(const ip::address& address) const;
  /// `peer` as front_door::Request has it.
  bool has(std::string_view peer) const;

 private:
  bool unix_ = false;
  std::vector<ip::network_v4> v4_;
  std::vector<ip::network_v6> v6_;
};

class ClientAddress {
 public:
  /// Believes nobody but the peer's own address.
  ClientAddress() = default;
  /// `field` is a list of addresses, each proxy's addition at its end (X-Forwarded-For), or one address, or
  /// `Forwarded` (RFC 7239). It is believed as far as a trusted proxy has written it.
  ClientAddress(std::string field, Networks trusted)
      : field_(std::move(field)), trusted_(std::move(trusted)) {}

  /// The last address of the list that is no trusted proxy's. The peer's own where there is none, or where
  /// the list is not made of addresses.
  std::string of(const front_door::Request& request) const;
  /// Whether `peer` is a trusted proxy, who stands for many clients.
  bool trusts(const std::string& peer) const { return trusted_.has(std::string_view(peer)); }

 private:
  std::string field_;
  Networks trusted_;
};

/// Whose connections and jobs count as one client's: an IPv6 client has a whole /64 to come from.
std::string client_of_address(const std::string& address);

}  // namespace identity
