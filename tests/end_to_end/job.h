#pragma once
// One heavy request to a running server, timed, and the words that the tests use about its answer.
// Knows the HTTP contract of a job, not what the tasks do.

#include <sys/types.h>

#include <future>
#include <string>
#include <string_view>
#include <vector>

#include "tests/harness/http_client.h"
#include "tests/harness/running_server.h"

namespace end_to_end {

using harness::Clock;
using harness::eventually;
using harness::Fields;
using harness::HttpClient;
using harness::HttpResponse;
using harness::Json;
using harness::milliseconds;
using harness::RunningServer;
using harness::Stopwatch;
using std::chrono::seconds;

struct Answer {
  HttpResponse response;
  milliseconds took;
};

/// Posts to /tasks/`task` on a connection of its own. start_job() has sent the request when it returns.
Answer run_job(const RunningServer& server, std::string_view task, const Json& params = Json::object(),
               const Fields& fields = {});
std::future<Answer> start_job(const RunningServer& server, std::string_view task,
                              const Json& params = Json::object(), const Fields& fields = {});

/// The inode of the program that does an unruly server's next job.
long program_inode(const RunningServer& server);

/// "504 deadline_exceeded" for a problem document, "200" for a result: what became of the job, fit for CHECK.
std::string outcome_of(const HttpResponse& response);
std::string outcome_of(const Answer& answer);

/// A server whose crunchers are unruly. Unless `flags` say otherwise it has no spares, so that every child of
/// it is a running job, and its crunchers have normal priority, so that a busy machine does not starve them.
class UnrulyServer : public RunningServer {
 public:
  explicit UnrulyServer(std::vector<std::string> flags = {}, Launch launch = {});
};

/// The one child of the server, waited for. Throws std::runtime_error where none comes, or several.
pid_t running_cruncher(const RunningServer& server);

/// Waits until the server has no child, zombies included.
bool has_no_children(const RunningServer& server, milliseconds within = seconds(5));

/// Whether the next job of an UnrulyServer gets its own answer.
bool works(const RunningServer& server);

std::string unruly_path();

/// Whether processes do many jobs: the suites run a second time with CRUNCHERD_JOBS_PER_PROCESS=0.
bool processes_stay();

/// Whether servers are started with `--start fork`: the suites run with CRUNCHERD_START in both its values.
bool starts_by_fork();

}  // namespace end_to_end
