#pragma once
// `POST /tasks/{name}` with `Prefer: respond-async` (RFC 7240) and Idempotency-Key: the job is stored, and
// its client need not wait. Called by task_routes.cpp.

#include "server/routes/offload.h"
#include "server/routes/preferences.h"
#include "server/routes/stored.h"

namespace routes {

/// Replies with 202 once the job is on disk, or with the job's own reply where that is there within
/// `Prefer: wait=N`.
awaitable<Reply> submit(Call& call, Offload& offload, const Stored& stored);

}  // namespace routes
