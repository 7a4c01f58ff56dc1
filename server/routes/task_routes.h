#pragma once
// `/tasks` and `/tasks/{name}`: the catalogue, and running a task of it. Called once by main.

#include "server/routes/offload.h"
#include "server/routes/route.h"
#include "server/routes/stored.h"

namespace routes {

/// What they refer to must outlive the table.
Table task_routes(Offload& offload, Stored stored, Loop& loop);

Reply unknown_task(const Call& call);

/// Reads the content, and says what keeps the request from being one for the task; nothing where it is one.
awaitable<std::optional<Reply>> fault_of_request(Call& call, Offload& offload, const Task& task);

/// Runs the task of the path, whose client waits for the reply.
awaitable<Reply> run_task(Call& call, Offload& offload);

}  // namespace routes
