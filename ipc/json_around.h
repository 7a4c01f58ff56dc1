#pragma once
// JSON of which one part is only passed on: checked as bytes, not built. Knows no message. Used by the server
// alone, for replies of many megabytes.

#include <string_view>
#include <variant>

#include "ipc/json.h"

namespace ipc {

/// parse_json(), but the value of the outermost object's member `name` is checked without being built: it
/// reads as null, and `value` becomes the part of `text` that it is, empty where there is no such member.
/// All else must not be longer than `most` bytes, for that is built. An exponent of more than 2^31 - 1 is out
/// of range there even where the number is, or becomes, 0.
std::variant<Json, JsonFault> parse_json_around(std::string_view name, std::string_view text,
                                                std::string_view& value, std::size_t most);

}  // namespace ipc
