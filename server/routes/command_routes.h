#pragma once
// A task that is a command: content in, content out. Called by task_routes.h for those of them.

#include "server/routes/offload.h"

namespace routes {

/// The way of one request. The params come from the query, the content goes to the program.
awaitable<Reply> run_command(Call& call, Offload& offload, const Task& task);

/// The reply to a request whose head is not one for the command; nothing where it is.
std::optional<Reply> fault_of_command(const Call& call, const Task& task);

/// What /tasks says of it.
ipc::Json describe_command(const Task& task);

}  // namespace routes
