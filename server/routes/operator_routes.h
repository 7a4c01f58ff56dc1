#pragma once
// What operators and their programs ask: alive, ready, figures, the picture. Called by main.

#include "server/offload/dispatcher.h"
#include "server/routes/route.h"
#include "server/telemetry/metrics.h"
#include "server/telemetry/status.h"

namespace routes {

/// Whether it lives, and whether it is ready: for whoever sends requests here. `dispatcher` must outlive the
/// table.
Table probe_routes(const offload::Dispatcher& dispatcher);

/// The rest. `for_operators`: they alone ask, so /status tells of everybody's jobs what it tells else of one
/// that is asked for by `?id=`. All of them must outlive the table.
Table operator_routes(telemetry::Metrics& metrics, telemetry::Status& status,
                      const telemetry::Sources& sources, bool for_operators);

}  // namespace routes
