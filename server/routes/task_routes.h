#pragma once
// `/tasks` and `/tasks/{name}`: the catalogue, and running a task of it. Called once by main.

#include "server/offload/dispatcher.h"
#include "server/routes/catalogue.h"
#include "server/routes/router.h"

namespace routes {

void add_task_routes(Router& router, const Catalogue& catalogue, const offload::Dispatcher& dispatcher);

}  // namespace routes
