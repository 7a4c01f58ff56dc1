#pragma once
// The forms of field values that decide how a request is framed and whom it is for. Pure. Called by
// request_reader.h.

#include <string_view>

namespace front_door {

/// Names and codings are the same in any case.
bool equals(std::string_view a, std::string_view b);

/// uri-host [ ":" port ], RFC 9110 section 7.2, as characters: no user info, no white space, no path. Also
/// true for none.
bool is_host(std::string_view host);

/// Whether `name` is an element of a comma-separated list.
bool lists(std::string_view list, std::string_view name);

}  // namespace front_door
