#pragma once
// What all responses of this server share: phrases, the date, the fields of every head, and the problem
// document (RFC 9457). Knows no route and no socket. Called by refusal.h and by routes/.

#include <string>
#include <string_view>

#include "ipc/json.h"

namespace front_door {

/// RFC 9110's reason phrase for the statuses that this server uses; "" for others.
std::string_view status_phrase(int status);

/// The current IMF-fixdate (RFC 9110 section 5.6.7), formed once a second.
std::string_view http_date();

/// One line of application/problem+json. `reason` is the stable word for programs, `detail` a sentence for
/// people; `more` adds members.
std::string problem_document(int status, std::string_view reason, std::string_view detail,
                             std::string_view request_id, ipc::Json more = ipc::Json::object());

/// What may change is not to be kept by anybody on the way.
inline constexpr std::string_view kNotKept = "no-store";

/// Ends a head that has its status line and its own fields: the fields of every response, and the empty line.
/// `connection` is the Connection field's value, "" for none.
void finish_head(std::string& head, std::string_view request_id, std::string_view connection);

}  // namespace front_door
