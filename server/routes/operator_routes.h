#pragma once
// What operators and their programs ask: alive, ready, figures, the picture. Called once by main.

#include "server/offload/dispatcher.h"
#include "server/routes/route.h"
#include "server/telemetry/metrics.h"
#include "server/telemetry/status.h"

namespace routes {

/// All of them must outlive the table.
Table operator_routes(const offload::Dispatcher& dispatcher, telemetry::Metrics& metrics,
                      telemetry::Status& status);

}  // namespace routes
