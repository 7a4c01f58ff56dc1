#pragma once
// What operators ask: alive, ready. Called once by main.

#include "server/offload/dispatcher.h"
#include "server/routes/router.h"

namespace routes {

void add_operator_routes(Router& router, const offload::Dispatcher& dispatcher);

}  // namespace routes
