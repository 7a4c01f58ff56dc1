#pragma once
// What the descriptions in /openapi.json refer to: schemas, responses and parameters that no task brings.
// Used by openapi.h.

#include "ipc/json.h"

namespace routes {

ipc::Json openapi_components();

}  // namespace routes
