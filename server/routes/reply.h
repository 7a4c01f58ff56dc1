#pragma once
// How handlers answer: JSON, or a problem document (RFC 9457). The only place that knows what a response of
// this server looks like. Knows no route.

#include <httplib.h>

#include <string>
#include <string_view>

#include "ipc/json.h"
#include "server/process/outcome.h"
#include "server/routes/call.h"

namespace routes {

void answer(Call& call, httplib::Response& response, int status, std::string content,
            const char* content_type = "application/json");

/// `reason` is the stable word for programs, `detail` a sentence for people; `more` adds members.
void problem(Call& call, httplib::Response& response, int status, std::string_view reason, std::string detail,
             ipc::Json more = ipc::Json::object());

/// 400 bad_json or 422 invalid_params.
void problem(Call& call, httplib::Response& response, const ipc::JsonFault& fault);
void problem(Call& call, httplib::Response& response, const std::vector<ipc::Violation>& violations);

/// Whatever became of a job: 200 with the result and its usage, or the failure's status. `retry_after` is in
/// seconds. A result is moved into the response, and so is an error's data.
void answer_outcome(Call& call, httplib::Response& response, process::Outcome& outcome, int retry_after);

}  // namespace routes
