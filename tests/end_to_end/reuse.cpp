// --jobs-per-process: what a process does for its jobs. All that holds for jobs in general is tested by the
// other subjects, which run once more in this mode; endings_of_reuse.cpp is about the ends of such processes.

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "tests/end_to_end/staying.h"
#include "tests/harness/command.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

TEST_CASE("a process does one job after the other, and tells which it is") {
  const UnrulyServer server(staying({"--running", "1"}));
  std::set<pid_t> pids;
  for (int i = 1; i <= 50; ++i) {
    const auto answer = run_job(server, "count_calls");
    REQUIRE(outcome_of(answer) == "200");
    const auto json = answer.response.json();
    CHECK(json.at("result").at("calls") == i);
    CHECK(json.at("usage").at("job_of_process") == i);
    pids.insert(pid_of(answer));
  }
  CHECK(pids.size() == 1);
  CHECK(status_of(server).at("reused_total") == 49);
}

TEST_CASE("after --jobs-per-process jobs the next process is used") {
  const UnrulyServer server(staying({"--running", "1", "--jobs-per-process", "3"}));
  std::vector<int> calls;
  for (int i = 0; i < 9; ++i)
    calls.push_back(run_job(server, "count_calls").response.json().at("result").at("calls"));
  CHECK(calls == std::vector{1, 2, 3, 1, 2, 3, 1, 2, 3});
  CHECK(recycled(server, "jobs") == 3);
}

TEST_CASE("a task's own --jobs-per-process: 1 has a process for itself, before and afterwards") {
  const harness::TemporaryDirectory directory;
  directory.write("server.toml", "[task.count_calls]\njobs-per-process = 1\n");
  const UnrulyServer server(staying({"--running", "1", "--config", directory.path() / "server.toml"}));
  const auto shared = pid_of(run_job(server, "echo"));
  for (int i = 0; i < 3; ++i) {
    const auto alone = run_job(server, "count_calls");
    CHECK(alone.response.json().at("result").at("calls") == 1);
    CHECK(pid_of(alone) != shared);
    CHECK(pid_of(run_job(server, "echo")) == shared);
  }
}

TEST_CASE("CPU time is a job's own, and so is its limit") {
  const UnrulyServer server(staying({"--running", "1", "--cpu", "1s"}));
  for (int i = 0; i < 4; ++i) {
    const auto answer = run_job(server, "burn", {{"ms", 600}});
    REQUIRE(outcome_of(answer) == "200");
    CHECK(answer.response.json().at("usage").at("job_of_process") == i + 1);
    const auto cpu = answer.response.json().at("usage").at("cpu_ms").get<double>();
    CHECK(cpu > 550);
    CHECK(cpu < 800);
  }
  const auto answer = run_job(server, "loop");
  CHECK(outcome_of(answer) == "504 cpu_limit");
  CHECK(answer.response.json().at("usage").at("job_of_process") == 5);
  CHECK(answer.response.json().at("usage").at("cpu_ms").get<double>() < 2300);
  CHECK(works(server));
}

TEST_CASE("an error that the task reports costs nobody the process") {
  const UnrulyServer server(staying({"--running", "1"}));
  const auto before = pid_of(run_job(server, "echo"));
  CHECK(outcome_of(run_job(server, "fail", {{"code", -32000}, {"message", "no"}})) == "500 task_failed");
  CHECK(pid_of(run_job(server, "echo")) == before);
}

TEST_CASE("of 100,000 jobs on processes that end after some fifty, none is lost") {
  const RunningServer server({"--cruncher", CRUNCHER_PATH, "--jobs-per-process", "50", "--running", "2",
                              "--waiting", "64", "--priority", "normal"});
  constexpr int kClients = 16, kJobs = harness::kSanitized ? 8'000 : 100'000;
  std::vector<std::future<int>> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.push_back(std::async(std::launch::async, [&] {
      HttpClient connection(server.port(), seconds(60));
      int done = 0;
      for (int i = 0; i < kJobs / kClients; ++i)
        done += connection.post("/tasks/spin", {{"CPUTimeMs", 0}}).status == 200;
      return done;
    }));
  }
  int done = 0;
  for (auto& client : clients) done += client.get();
  CHECK(done == kJobs);
  CHECK(recycled(server, "jobs") >= kJobs / 60);
}

TEST_CASE("the start is refused where the cruncher does not offer it") {
  const harness::TemporaryDirectory directory;
  const auto program = directory.write("one_job", R"(#!/bin/sh
read -r line
id=${line#*\"id\":\"}
printf '{"jsonrpc":"2.0","id":"%s","result":{"openrpc":"1.3.2","methods":[]}}\n\n' "${id%%\"*}"
)",
                                       true);
  const auto refused = harness::run_command(
      {harness::cruncherd_path(), "--port", "0", "--cruncher", program, "--jobs-per-process", "5"});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("\"x-jobs-per-process\": true") != std::string::npos);
}

TEST_CASE("the built-in cruncher does thousands of jobs per process, by exec and by fork") {
  for (const auto* start : {"exec", "fork"}) {
    const RunningServer server({"--cruncher", CRUNCHER_PATH, "--jobs-per-process", "0", "--start", start,
                                "--running", "1", "--spares", "1"});
    HttpClient client(server.port());
    std::map<pid_t, int> jobs;
    for (int i = 0; i < 2000; ++i) {
      const auto answer = client.post("/tasks/spin", {{"CPUTimeMs", 0}});
      REQUIRE(answer.status == 200);
      ++jobs[answer.json().at("usage").at("pid").get<pid_t>()];
    }
    CHECK(jobs.size() == 1);
  }
}

}  // namespace
}  // namespace end_to_end
