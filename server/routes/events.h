#pragma once
// Server-Sent Events (WHATWG HTML): what becomes of a job, as it does. A client that reads slowly is sent the
// newest, and nothing is kept for it. Called by task_routes.cpp and job_routes.cpp.

#include "server/routes/offload.h"
#include "server/routes/stored.h"

namespace routes {

/// Whether the client would rather have events than JSON.
bool prefers_events(const front_door::Request& request);

/// Runs the task of the path while its client watches; the client leaves, and the job dies. A refusal that is
/// known before the job is there is a plain reply.
awaitable<Reply> run_with_events(Call& call, Offload& offload, Loop& loop);

/// The events of a stored job from `Last-Event-ID` on. 204 where the client has seen the last one.
awaitable<Reply> job_events(Call& call, const Stored& stored, Loop& loop, jobs::Record record);

}  // namespace routes
