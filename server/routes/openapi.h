#pragma once
// The routes for programs: an OpenAPI 3.1 document, with one path for each task of the catalogue and its
// schemas. Made once at the start by operator_routes.h.

#include "ipc/json.h"
#include "server/routes/catalogue.h"

namespace routes {

ipc::Json openapi(const Catalogue& catalogue);

}  // namespace routes
