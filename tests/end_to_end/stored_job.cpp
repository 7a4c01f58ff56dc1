#include "tests/end_to_end/stored_job.h"

#include <stdexcept>

namespace end_to_end {
namespace {

std::vector<std::string> with_folder(const harness::TemporaryDirectory& folder,
                                     std::vector<std::string> flags) {
  flags.insert(flags.end(), {"--jobs-dir", folder.path() / "jobs"});
  return flags;
}

}  // namespace

StoringServer::StoringServer(const harness::TemporaryDirectory& folder, std::vector<std::string> flags)
    : UnrulyServer(with_folder(folder, std::move(flags))) {}

HttpResponse submit(HttpClient& client, std::string_view task, const Json& params, Fields fields) {
  fields.emplace_back("Prefer", "respond-async");
  return client.post("/tasks/" + std::string(task), params, fields);
}

std::string accepted_id(const HttpResponse& response) {
  if (response.status != 202) throw std::runtime_error("not accepted: " + response.body);
  return response.json().at("id");
}

std::string submitted(const RunningServer& server, std::string_view task, const Json& params, Fields fields) {
  HttpClient client(server.port());
  return accepted_id(submit(client, task, params, std::move(fields)));
}

Json job(const RunningServer& server, const std::string& id) {
  const auto response = HttpClient(server.port()).get("/jobs/" + id);
  if (response.status != 200) throw std::runtime_error("no job: " + response.body);
  return response.json();
}

std::string state_of(const RunningServer& server, const std::string& id) {
  return job(server, id).at("state");
}

std::string end_of(const RunningServer& server, const std::string& id, milliseconds within) {
  HttpClient client(server.port(), within + seconds(10));
  const Stopwatch watch;
  for (;;) {
    const std::string state = client.get("/jobs/" + id, {{"Prefer", "wait=1"}}).json().at("state");
    if ((state != "queued" && state != "running") || watch.elapsed() > within) return state;
  }
}

bool becomes(const RunningServer& server, const std::string& id, const std::string& state,
             milliseconds within) {
  return eventually(within, [&] { return state_of(server, id) == state; });
}

HttpResponse result_of(const RunningServer& server, const std::string& id, const Fields& fields) {
  return HttpClient(server.port()).get("/jobs/" + id + "/result", fields);
}

}  // namespace end_to_end
