#pragma once
// Keeps other people's web pages out: a name that was made to point here (DNS rebinding), and requests that a
// browser sends for a page of another site. Knows no route. Called by application.h.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/routes/reply.h"

namespace routes {

class HostCheck {
 public:
  /// Lets every Host pass.
  HostCheck() = default;

  /// `allowed`: names; "*.example.org" stands for all below it, "*" for every one. Addresses and localhost
  /// are always allowed. Without a list, Host is checked only where `loopback_only`.
  HostCheck(bool loopback_only, std::vector<std::string> allowed);

  /// 421 unknown_host for a Host that is none of this server's. A Unix socket is beyond any browser's reach.
  std::optional<Reply> refusal(const Call& call) const;

 private:
  bool allows(std::string_view host) const;

  std::vector<std::string> allowed_;
  bool checks_ = false;
};

/// 403 cross_site where a browser says that the request is for a page of another origin: by Sec-Fetch-Site,
/// or by Origin where it does not send that.
std::optional<Reply> cross_site_refusal(const Call& call);

}  // namespace routes
