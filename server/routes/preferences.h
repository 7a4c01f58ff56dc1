#pragma once
// What the Prefer field asks for (RFC 7240), as far as this server honours it. What cannot be read is
// ignored, as the RFC asks. Used by deadline.h and by the routes of jobs.

#include <optional>

#include "server/front_door/exchange.h"

namespace routes {

struct Preferences {
  explicit Preferences(const front_door::Request& request);

  bool respond_async = false;
  std::optional<long> wait;  ///< seconds, 0 or more; of several the first
};

}  // namespace routes
