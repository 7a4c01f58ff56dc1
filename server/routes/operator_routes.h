#pragma once
// What operators and their programs ask: alive, ready, figures, the picture, the description. Called once by
// main.

#include "server/offload/dispatcher.h"
#include "server/routes/catalogue.h"
#include "server/routes/router.h"
#include "server/telemetry/metrics.h"
#include "server/telemetry/status.h"

namespace routes {

/// All of them must outlive the router.
void add_operator_routes(Router& router, const Catalogue& catalogue, const offload::Dispatcher& dispatcher,
                         telemetry::Metrics& metrics, telemetry::Status& status);

}  // namespace routes
