#pragma once
// Until when a request's job may run: its task's timeout, which the client may shorten. Used by the heavy
// routes.

#include <optional>

#include "server/routes/catalogue.h"
#include "server/routes/reply.h"

namespace routes {

/// Counted from the request's arrival. `Prefer: wait=N` (RFC 7240 section 4.3, seconds) shortens it; it never
/// lengthens it. A preference that cannot be read is ignored, as the RFC asks.
struct Patience {
  Patience(const Call& call, const Task& task);

  Deadline deadline;
  std::optional<long> applied_wait;

  /// `reply`, with Preference-Applied where a preference was applied.
  Reply confirmed_by(Reply reply) const;
};

}  // namespace routes
