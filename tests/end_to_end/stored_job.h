#pragma once
// Words for tests of stored jobs: to submit one, to wait for it, to fetch its result. Knows the HTTP
// contract.

#include <string>

#include "tests/end_to_end/job.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {

/// An UnrulyServer that stores jobs below `folder`.
struct StoringServer : UnrulyServer {
  explicit StoringServer(const harness::TemporaryDirectory& folder, std::vector<std::string> flags = {});
};

/// POST /tasks/`task` with `Prefer: respond-async` and `fields`.
HttpResponse submit(HttpClient& client, std::string_view task, const Json& params = Json::object(),
                    Fields fields = {});
/// The id of a job that must have been accepted.
std::string accepted_id(const HttpResponse& response);
std::string submitted(const RunningServer& server, std::string_view task, const Json& params = Json::object(),
                      Fields fields = {});

/// The job's document.
Json job(const RunningServer& server, const std::string& id);
std::string state_of(const RunningServer& server, const std::string& id);
/// Waits for the end; the state that it has then.
std::string end_of(const RunningServer& server, const std::string& id, milliseconds within = seconds(20));
bool becomes(const RunningServer& server, const std::string& id, const std::string& state,
             milliseconds within = seconds(10));
HttpResponse result_of(const RunningServer& server, const std::string& id, const Fields& fields = {});

}  // namespace end_to_end
