#pragma once
// What a handler gives back: a status, fields and content; and the forms that this server's replies have:
// JSON, or a problem document (RFC 9457). Knows no route.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ipc/json.h"
#include "ipc/schema.h"
#include "server/front_door/exchange.h"
#include "server/routes/call.h"

namespace routes {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// One of `content`, `file` and `stream` is set, or none.
struct Reply {
  int status = 200;
  Fields fields;  ///< its own: what every response has comes later
  std::string content;
  std::string_view reason{};  ///< a problem's word, for the log
  front_door::FileContent file{};
  front_door::Stream stream{};
};

Reply json_reply(std::string content);

/// Its Content-Type; empty where it has none.
std::string type_of(const Reply& reply);

/// `reason` is the stable word for programs, `detail` a sentence for people; `more` adds members.
Reply problem(const Call& call, int status, std::string_view reason, std::string_view detail,
              ipc::Json more = ipc::Json::object());

/// 400 bad_json or 422 invalid_params.
Reply problem(const Call& call, const ipc::JsonFault& fault);
Reply problem(const Call& call, const std::vector<ipc::Violation>& violations);

/// What a job cost, as a JSON object.
std::string usage_json(const process::Usage& usage);

/// Whatever became of a job: 200 with the result and its usage, or the failure's status. `retry_after` is in
/// seconds. A result is moved into the reply, and so is an error's data.
Reply reply_of(const Call& call, process::Outcome& outcome, int retry_after);

}  // namespace routes
