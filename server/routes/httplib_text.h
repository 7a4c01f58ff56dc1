#pragma once
// cpp-httplib's part: it reads the query and forms the response's head, both in memory. The one file that
// includes it. Knows no socket, no route and no connection. Called by call.h, router.h and application.h.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/routes/reply.h"

namespace routes {

/// The path with its percent-encoding undone.
std::string decoded_path(std::string_view path);

/// The first value of that name in a query ("a=1&b=2"), decoded.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

/// All its names and values, decoded.
std::vector<std::pair<std::string, std::string>> query_pairs(std::string_view query);

/// The status line and all fields of `reply`, without the empty line; Content-Length included, but for a
/// stream.
std::string form_head(const Reply& reply);

}  // namespace routes
