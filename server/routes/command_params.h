#pragma once
// A command's params: texts of the query, typed and checked by their schemas. Pure. Called by
// command_routes.h.

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "server/routes/catalogue.h"

namespace routes {

using QueryPairs = std::vector<std::pair<std::string, std::string>>;

/// A text of the query as a value of the schema's type; as a text where it is none, so that the schema says
/// so.
ipc::Json typed_param(const std::string& text, const ipc::Json& schema);

/// A value for each param of `task`, a command's: the query's, or its default; or what is wrong with them.
std::variant<process::ParamValues, std::vector<ipc::Violation>> command_params(const Task& task,
                                                                               const QueryPairs& query);

}  // namespace routes
