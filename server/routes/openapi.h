#pragma once
// /openapi.json: the table of routes and the catalogue as OpenAPI 3.1, and the pieces of which a route's
// description is made. Knows no handler. Used by *_routes.cpp and front_pages.h.

#include <string>
#include <vector>

#include "server/routes/catalogue.h"
#include "server/routes/route.h"

namespace routes {

/// `{"$ref": "#/components/KIND/NAME"}`.
ipc::Json reference(const char* kind, const char* name);

/// A response of one content type; json_response() is some JSON object.
ipc::Json response(const char* description, const char* type, ipc::Json schema);
ipc::Json json_response(const char* description);

/// The schema of what a task's job answers: its result, and what it cost.
ipc::Json outcome_schema(const Task& task);

/// An operation but for its summary. `parameters` is no Json: of one in braces some compilers make an array,
/// and some a copy.
ipc::Json operation(const std::string& id, ipc::Json ok, const std::vector<ipc::Json>& parameters = {});

/// The whole document.
ipc::Json openapi(const Table& table, const Catalogue& catalogue);

}  // namespace routes
