#pragma once
// The origin's three routes: `/`, `/blocking` and `/non-blocking`. Called once by main.

#include "server/offload/dispatcher.h"
#include "server/routes/catalogue.h"
#include "server/routes/router.h"

namespace routes {

/// `blocking_allowed`: whether `/blocking` may freeze the loop; it answers 403 otherwise.
void add_origin_routes(Router& router, const Catalogue& catalogue, const offload::Dispatcher& dispatcher,
                       bool blocking_allowed);

}  // namespace routes
