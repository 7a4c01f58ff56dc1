#pragma once
// Asks a cruncher what it offers, at the start: the server knows no task otherwise. Called by main.

#include <string>
#include <variant>

#include "ipc/json.h"
#include "server/offload/dispatcher.h"

namespace offload {

/// The OpenRPC document that rpc.discover answers within `patience`, or a sentence that says why there is
/// none, with what the cruncher has written.
awaitable<std::variant<ipc::Json, std::string>> discover(Dispatcher& dispatcher,
                                                         const process::JobLimits& limits,
                                                         Milliseconds patience);

}  // namespace offload
