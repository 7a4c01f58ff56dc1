#pragma once
// What a request's content may be, by its head. Knows no route. Used by the routes that have content.

#include <optional>
#include <string>
#include <vector>

#include "server/routes/reply.h"

namespace routes {

/// 415 where Content-Type is in none of the media ranges ("image/*"), of which an empty list has all, or the
/// content is coded.
std::optional<Reply> wrong_content(const Call& call, const std::vector<std::string>& ranges);

/// Whether a media type, its parameters aside, is in a range.
bool is_in_range(std::string_view type, std::string_view range);

}  // namespace routes
