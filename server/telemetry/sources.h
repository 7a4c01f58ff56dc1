#pragma once
// Where the figures are that others keep, for metrics.h and status.h to read when they are asked. Made by
// main, once all of them are there.

#include "server/front_door/door.h"
#include "server/jobs/store.h"
#include "server/offload/dispatcher.h"
#include "server/telemetry/log.h"

namespace telemetry {

struct Sources {
  const offload::Dispatcher& dispatcher;
  const front_door::Door& door;
  const Log& log;
  const jobs::Store* store;  ///< null where there are no stored jobs
};

}  // namespace telemetry
