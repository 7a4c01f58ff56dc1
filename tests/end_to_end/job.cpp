#include "tests/end_to_end/job.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "tests/harness/process_table.h"

namespace end_to_end {
namespace {

std::vector<std::string> with_defaults(std::vector<std::string> flags) {
  const std::pair<std::string, std::string> defaults[] = {
      {"--cruncher", unruly_path()}, {"--spares", "0"}, {"--priority", "normal"}};
  for (const auto& [flag, value] : defaults) {
    if (std::find(flags.begin(), flags.end(), flag) == flags.end()) flags.insert(flags.end(), {flag, value});
  }
  // Soon gone where it has no job: a test may wait for the end of all of them.
  if (processes_stay())
    flags.insert(flags.end(), {"--env", "UNRULY_SERVES_MANY=1", "--process-idle", "300ms"});
  return flags;
}

}  // namespace

Answer run_job(const RunningServer& server, std::string_view task, const Json& params, const Fields& fields) {
  return start_job(server, task, params, fields).get();
}

std::future<Answer> start_job(const RunningServer& server, std::string_view task, const Json& params,
                              const Fields& fields) {
  HttpClient client(server.port(), seconds(60));
  const Stopwatch watch;
  client.send_post("/tasks/" + std::string(task), params, fields);
  return std::async(std::launch::async, [client = std::move(client), watch]() mutable {
    HttpResponse response = client.read_response();
    return Answer{std::move(response), watch.elapsed()};
  });
}

long program_inode(const RunningServer& server) {
  return run_job(server, "look_around").response.json().at("result").at("executable_inode").get<long>();
}

std::string outcome_of(const HttpResponse& response) {
  std::string outcome = std::to_string(response.status);
  if (response.status >= 400) outcome.append(" ").append(response.json().value("reason", "without a reason"));
  return outcome;
}

std::string outcome_of(const Answer& answer) {
  return outcome_of(answer.response);
}

UnrulyServer::UnrulyServer(std::vector<std::string> flags, Launch launch)
    : RunningServer(with_defaults(flags), std::move(launch)) {
  // The process that told what there is on offer may still be on its way out.
  const auto spares = std::find(flags.begin(), flags.end(), "--spares");
  const std::size_t children = spares == flags.end() ? 0 : std::stoul(spares[1]);
  eventually(seconds(5), [&] { return harness::crunchers_of(pid()).size() == children; });
}

pid_t running_cruncher(const RunningServer& server) {
  std::vector<harness::ProcessInfo> children;
  eventually(seconds(10), [&] {
    children = harness::crunchers_of(server.pid());
    return children.size() == 1;  // the process of a job before may not be gone yet
  });
  if (children.size() != 1)
    throw std::runtime_error(std::to_string(children.size()) + " crunchers run, not one");
  return children[0].pid;
}

bool has_no_children(const RunningServer& server, milliseconds within) {
  return eventually(within, [&] { return harness::crunchers_of(server.pid()).empty(); });
}

bool works(const RunningServer& server) {
  static int count = 0;
  const Json params = {{"number", ++count}};
  const auto answer = run_job(server, "echo", params);
  return answer.response.status == 200 && answer.response.json().at("result") == params;
}

std::string unruly_path() {
  return UNRULY_PATH;
}

bool processes_stay() {
  return std::getenv("CRUNCHERD_JOBS_PER_PROCESS") != nullptr;
}

bool starts_by_fork() {
  const char* const start = std::getenv("CRUNCHERD_START");
  return start && std::string_view(start) == "fork";
}

}  // namespace end_to_end
