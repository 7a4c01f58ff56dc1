#pragma once
// `/tasks` and `/tasks/{name}`: the catalogue, and running a task of it. Called once by main.

#include "server/routes/offload.h"
#include "server/routes/route.h"

namespace routes {

/// `offload` must outlive the table.
Table task_routes(Offload& offload);

}  // namespace routes
