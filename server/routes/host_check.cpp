#include "server/routes/host_check.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "server/routes/field_text.h"

namespace routes {
namespace {

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() > end.size() && equals(text.substr(text.size() - end.size()), end);
}

// Without the port, and without the dot that ends a full name.
std::string_view name_of(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  host = host.substr(0, host.find(':'));
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

bool is_address(std::string_view name) {
  if (name.starts_with('[')) return true;  // the door lets only addresses stand in brackets
  in_addr parsed;
  return ::inet_pton(AF_INET, std::string(name).c_str(), &parsed) == 1;
}

// The authority of "https://example.org:8443"; "" for "null".
std::string_view authority_of(std::string_view origin) {
  const auto scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view{} : origin.substr(scheme + 3);
}

}  // namespace

HostCheck::HostCheck(bool loopback_only, std::vector<std::string> allowed)
    : allowed_(std::move(allowed)), checks_(loopback_only || !allowed_.empty()) {}

bool HostCheck::allows(std::string_view host) const {
  const auto name = name_of(host);
  if (is_address(name) || equals(name, "localhost") || ends_with(name, ".localhost")) return true;
  return std::any_of(allowed_.begin(), allowed_.end(), [&](std::string_view one) {
    if (one.starts_with("*.")) return ends_with(name, one.substr(1));
    return one == "*" || equals(name, name_of(one));
  });
}

std::optional<Reply> HostCheck::refusal(const Call& call) const {
  const auto& request = call.exchange.request;
  if (!checks_ || request.peer_address == "unix") return std::nullopt;
  const auto host = request.field("Host");
  if (host.empty() || allows(host)) return std::nullopt;  // HTTP/1.0 may come without, no browser does
  return problem(
      call, 421, "unknown_host",
      fmt::format("'{}' is no name of this server; --allowed-host {} makes it one", host, name_of(host)));
}

std::optional<Reply> cross_site_refusal(const Call& call) {
  const auto& request = call.exchange.request;
  const auto site = request.field("Sec-Fetch-Site");
  const auto origin = request.field("Origin");
  const bool crosses = site.empty() ? !origin.empty() && !equals(authority_of(origin), request.field("Host"))
                                    : equals(site, "cross-site") || equals(site, "same-site");
  if (!crosses) return std::nullopt;
  return problem(call, 403, "cross_site", "a page of another site asks for it, and costs this machine time");
}

}  // namespace routes
