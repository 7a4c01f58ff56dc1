#include "server/identity/client_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>

namespace identity {
namespace {

using boost::beast::iequals;

// Entries of a list that are looked at: far more than there are proxies in a row.
constexpr int kMostHops = 32;

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

// The `for` of one element of Forwarded, without its quotes.
std::string_view for_of(std::string_view element) {
  while (!element.empty()) {
    const auto end = std::min(element.find(';'), element.size());
    const auto pair = trimmed(element.substr(0, end));
    element.remove_prefix(std::min(end + 1, element.size()));
    if (pair.size() < 4 || !iequals(pair.substr(0, 4), "for=")) continue;
    auto value = pair.substr(4);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    return value;
  }
  return {};
}

// Without brackets and port.
std::string_view host_of(std::string_view text) {
  if (text.starts_with('[')) return text.substr(1, std::min(text.find(']'), text.size()) - 1);
  const auto colon = text.find(':');
  return colon != std::string_view::npos && colon == text.rfind(':') ? text.substr(0, colon) : text;
}

ip::address unmapped(const ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

ip::address parsed(std::string_view text, boost::system::error_code& error) {
  return unmapped(ip::make_address(std::string(text), error));
}

}  // namespace

Networks::Networks(const std::vector<std::string>& texts) {
  for (const auto& text : texts) {
    boost::system::error_code error;
    const bool has_length = text.find('/') != std::string::npos;
    if (text == "unix")
      unix_ = true;
    else if (text.find(':') != std::string::npos)
      v6_.push_back(ip::make_network_v6(has_length ? text : text + "/128", error).canonical());
    else
      v4_.push_back(ip::make_network_v4(has_length ? text : text + "/32", error).canonical());
    if (error)
      throw BadNetwork(fmt::format("'{}' must be an address, a network as in 10.0.0.0/8, or unix", text));
  }
}

bool Networks::has(const ip::address& address) const {
  if (address.is_v4())
    return std::any_of(v4_.begin(), v4_.end(), [&](const auto& network) {
      return ip::network_v4(address.to_v4(), network.prefix_length()).canonical() == network;
    });
  return std::any_of(v6_.begin(), v6_.end(), [&](const auto& network) {
    return ip::network_v6(address.to_v6(), network.prefix_length()).canonical() == network;
  });
}

bool Networks::has(std::string_view peer) const {
  if (peer == "unix") return unix_;
  boost::system::error_code error;
  const auto address = parsed(peer, error);
  return !error && has(address);
}

std::string ClientAddress::of(const front_door::Request& request) const {
  if (!trusted_.has(std::string_view(request.peer_address))) return request.peer_address;
  const bool is_forwarded = iequals(field_, "Forwarded");
  std::string farthest = request.peer_address;
  int hops = 0;
  for (auto field = request.fields.rbegin(); field != request.fields.rend(); ++field) {
    if (!iequals(field->first, field_)) continue;
    for (std::string_view rest = field->second; !rest.empty();) {
      if (++hops > kMostHops) return farthest;
      const auto comma = rest.rfind(',');
      const auto element = trimmed(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(0, comma);
      boost::system::error_code error;
      const auto address = parsed(host_of(is_forwarded ? for_of(element) : element), error);
      if (error) return farthest;
      farthest = address.to_string();
      if (!trusted_.has(address)) return farthest;
    }
  }
  return farthest;
}

std::string client_of_address(const std::string& address) {
  if (address.find(':') == std::string::npos) return address;
  boost::system::error_code error;
  const auto parsed = ip::make_address_v6(address, error);
  if (error) return address;
  return ip::network_v6(parsed, 64).canonical().to_string();
}

}  // namespace identity
