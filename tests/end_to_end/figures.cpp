// What the server tells about itself in /metrics and /status.

#include <doctest/doctest.h>

#include "tests/end_to_end/job.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

std::string metrics_of(const RunningServer& server) {
  return HttpClient(server.port()).get("/metrics").body;
}

// The value of a sample; nothing where there is none.
std::optional<double> sample(const std::string& metrics, const std::string& name) {
  const auto at = metrics.find("\n" + name + " ");
  if (at == std::string::npos) return std::nullopt;
  return std::stod(metrics.substr(at + name.size() + 2));
}

TEST_CASE("every reason, and every outcome of every task, begins at 0") {
  const UnrulyServer server;
  const auto metrics = metrics_of(server);
  for (const auto* reason : {"bad_json", "queue_full", "draining", "unknown_route", "header_timeout"}) {
    CAPTURE(std::string(reason));
    CHECK(sample(metrics, "cruncherd_http_problems_total{reason=\"" + std::string(reason) + "\"}") == 0);
  }
  for (const auto* outcome : {"ok", "crashed", "client_gone", "queue_timeout", "cpu_limit"}) {
    CAPTURE(std::string(outcome));
    const auto labels = "outcome=\"" + std::string(outcome) + "\",task=\"echo\"";
    CHECK(sample(metrics, "cruncherd_jobs_total{" + labels + "}") == 0);
  }
  CHECK(sample(metrics, "cruncherd_log_lines_lost_total") == 0);
  CHECK(sample(metrics, "process_start_time_seconds").value_or(0) > 1.5e9);
  CHECK(sample(metrics, "process_open_fds").value_or(5) > 4);
}

TEST_CASE("/metrics tells what runs and what waits by task, and for how long; /status lists a hundred jobs") {
  const harness::TemporaryDirectory directory;
  const std::string gate = directory.path() / "gate";
  const UnrulyServer server({"--running", "1", "--waiting", "200", "--wait-timeout", "60s"});
  std::vector<HttpClient> clients;
  for (int i = 0; i < 120; ++i) {
    clients.emplace_back(server.port());
    clients.back().send_post("/tasks/await_file", {{"path", gate}});
  }
  const std::string jobs = "cruncherd_jobs{state=";
  REQUIRE(eventually(seconds(10), [&] {
    return sample(metrics_of(server), jobs + "\"waiting\",task=\"await_file\"}") == 119;
  }));
  const auto metrics = metrics_of(server);
  CHECK(sample(metrics, jobs + "\"running\",task=\"await_file\"}") == 1);
  CHECK(sample(metrics, jobs + "\"waiting\",task=\"echo\"}") == 0);
  CHECK(sample(metrics, "cruncherd_queue_oldest_seconds").value_or(0) > 0);
  const auto status = HttpClient(server.port()).get("/status").json();
  CHECK(status.at("jobs").size() == 100);
  CHECK(status.at("jobs_not_listed") == 20);
  CHECK(status.at("jobs").front().at("state") == "running");
  directory.write("gate", "");
  for (auto& client : clients) CHECK(client.read_response().status == 200);
}

}  // namespace
}  // namespace end_to_end
