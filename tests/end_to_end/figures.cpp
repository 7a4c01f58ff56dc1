// What the server tells about itself in /metrics and /status.

#include <doctest/doctest.h>

#include <numeric>

#include "tests/end_to_end/stored_job.h"
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

Json status_of(const RunningServer& server, const std::string& own = "") {
  return HttpClient(server.port()).get("/status?id=" + own).json();
}

TEST_CASE("/status tells of each task what became of its jobs, and how long they ran") {
  const UnrulyServer server;
  CHECK(status_of(server).at("tasks").empty());
  for (int i = 0; i < 3; ++i) run_job(server, "sleep", {{"ms", 100}});
  run_job(server, "die", {{"signal", 9}});
  CHECK(outcome_of(run_job(server, "die", {{"signal", "many"}})) == "422 invalid_params");
  {
    HttpClient leaves(server.port());
    leaves.send_post("/tasks/sleep", {{"ms", 20'000}});
    REQUIRE(eventually(seconds(5), [&] {
      const auto jobs = status_of(server).at("jobs");
      return !jobs.empty() && jobs.front().at("state") == "running";
    }));
  }
  REQUIRE(eventually(seconds(5), [&] { return status_of(server).at("tasks").at("sleep").at("total") == 4; }));
  const auto tasks = status_of(server).at("tasks");
  CHECK(tasks.size() == 2);
  CHECK(tasks.at("sleep").at("failed_total") == 0);
  CHECK(tasks.at("sleep").at("per_s") > 0);
  CHECK(tasks.at("sleep").at("p50_ms") >= 90);
  CHECK(tasks.at("sleep").at("p50_ms") < 1000);
  CHECK(tasks.at("sleep").at("p99_ms") >= tasks.at("sleep").at("p50_ms"));
  CHECK(tasks.at("die").at("total") == 1);
  CHECK(tasks.at("die").at("failed_total") == 1);
}

TEST_CASE("/status has the last failures, and what it was that they wrote to stderr") {
  const UnrulyServer server;
  run_job(server, "obey_term", Json::object(), {{"X-Request-Id", "mine"}, {"Prefer", "wait=1"}});
  run_job(server, "echo");
  const auto failures = status_of(server, "mine").at("failures");
  REQUIRE(failures.size() == 1);
  const auto& failure = failures.front();
  CHECK(failure.at("id") == "mine");
  CHECK(failure.at("task") == "obey_term");
  CHECK(failure.at("reason") == "deadline_exceeded");
  CHECK(failure.at("detail").get<std::string>().find("no answer after") == 0);
  CHECK(failure.at("stderr") == "asked to end");
  CHECK(failure.at("time").get<std::string>().size() == std::string("2026-01-01T00:00:00Z").size());
  const auto told = status_of(server).at("failures").front();
  CHECK(told.at("reason") == "deadline_exceeded");
  for (const auto* member : {"id", "detail", "stderr"}) CHECK(told.at(member).is_null());
}

TEST_CASE("a stored job that failed is among them by its own id, and a job of its task") {
  const harness::TemporaryDirectory folder;
  const UnrulyServer server({"--jobs-dir", folder.path() / "jobs"});
  const auto id = submitted(server, "die", {{"signal", 11}});
  CHECK(end_of(server, id) == "failed");
  const auto status = status_of(server, id);
  CHECK(status.at("failures").at(0).at("id") == id);
  CHECK(status.at("failures").at(0).at("reason") == "crashed");
  CHECK(status.at("tasks").at("die").at("failed_total") == 1);
}

TEST_CASE("the server keeps a history of what ran, what waited and what ended, with nobody looking") {
  const harness::TemporaryDirectory folder;
  const std::string gate = folder.path() / "gate";
  const UnrulyServer server({"--jobs-dir", folder.path() / "jobs", "--running", "1"});
  run_job(server, "echo");
  run_job(server, "die", {{"signal", 9}});
  auto running = start_job(server, "await_file", {{"path", gate}});
  running_cruncher(server);
  auto waiting = start_job(server, "echo");
  for (int i = 0; i < 2; ++i) submitted(server, "echo");
  const auto history = [&] { return HttpClient(server.port()).get("/status/history").json(); };
  REQUIRE(eventually(seconds(12), [&] {
    const auto queued = history().at("stored_queued");
    return !queued.empty() && queued.back() == 2;
  }));
  const auto kept = history();
  CHECK(kept.at("step_s") == 5);
  CHECK(kept.at("pid") == server.pid());
  CHECK(kept.at("at_s").back() <= kept.at("uptime_s"));
  CHECK(kept.at("at_s").front() < 10);
  CHECK(kept.at("running").back() == 1);
  CHECK(kept.at("waiting").back() == 1);
  const auto sum = [&](const char* name) {
    const auto& values = kept.at(name);
    return std::accumulate(values.begin(), values.end(), 0,
                           [](int all, const Json& value) { return all + value.get<int>(); });
  };
  CHECK(sum("jobs") == 2);
  CHECK(sum("failed") == 1);
  CHECK(sum("light") >= 3);
  CHECK(kept.at("run_p50_ms").front() > 0);
  folder.write("gate", "");
  CHECK(outcome_of(running.get()) == "200");
  CHECK(outcome_of(waiting.get()) == "200");
}

TEST_CASE("stored jobs stand in the figures and in the status") {
  const harness::TemporaryDirectory folder;
  const StoringServer server(folder, {"--running", "2", "--background", "1"});
  CHECK(end_of(server, submitted(server, "nothing")) == "done");
  const auto running = submitted(server, "loop");
  submitted(server, "nothing");
  REQUIRE(becomes(server, running, "running"));
  HttpClient client(server.port());
  const auto metrics = client.get("/metrics").body;
  for (const auto* line :
       {"cruncherd_stored_jobs{state=\"done\"} 1", "cruncherd_stored_jobs{state=\"running\"} 1",
        "cruncherd_stored_jobs{state=\"queued\"} 1", "cruncherd_store_failing 0",
        "cruncherd_jobs_total{outcome=\"ok\",task=\"nothing\"} 1"}) {
    CAPTURE(line);
    CHECK(metrics.find(line) != std::string::npos);
  }
  const auto stored = client.get("/status").json()["stored"];
  CHECK(stored["queued"] == 1);
  CHECK(stored["oldest_queued_s"] >= 0);
  CHECK(stored["fault"].is_null());
}

}  // namespace
}  // namespace end_to_end
