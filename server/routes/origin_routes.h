#pragma once
// The origin's two busy routes, `/blocking` and `/non-blocking`, and the page that compares them. Called by
// main.

#include "server/routes/offload.h"
#include "server/routes/route.h"

namespace routes {

/// `blocking_allowed`: whether `/blocking` may freeze the loop; it answers 403 otherwise, and there is no
/// `/demo`. `offload` must outlive the table.
Table origin_routes(Offload& offload, bool blocking_allowed);

}  // namespace routes
