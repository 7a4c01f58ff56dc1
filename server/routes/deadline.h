#pragma once
// Until when a request's job may run: its task's timeout, which the client may shorten. Used by the heavy
// routes.

#include <httplib.h>

#include "server/routes/call.h"

namespace routes {

/// Counted from the request's arrival. `Prefer: wait=N` (RFC 7240 section 4.3, seconds) shortens it and is
/// then confirmed by Preference-Applied; it never lengthens it. A preference that cannot be read is ignored,
/// as the RFC asks.
Deadline deadline_of(const Call& call, httplib::Response& response, const Task& task);

}  // namespace routes
