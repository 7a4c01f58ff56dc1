// --jobs-per-process: what is its own. All that holds for jobs in general is tested by the other subjects,
// which run once more in this mode.

#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "tests/end_to_end/job.h"
#include "tests/harness/command.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

std::vector<std::string> staying(std::vector<std::string> flags = {}) {
  const auto given = [&](const char* flag) {
    return std::find(flags.begin(), flags.end(), flag) != flags.end();
  };
  if (!given("--jobs-per-process")) flags.insert(flags.end(), {"--jobs-per-process", "0"});
  flags.insert(flags.end(), {"--env", "UNRULY_SERVES_MANY=1"});
  return flags;
}

Json status_of(const RunningServer& server) {
  return HttpClient(server.port()).get("/status").json().at("processes");
}

std::uint64_t recycled(const RunningServer& server, const char* why) {
  return status_of(server).at("recycled_total").at(why);
}

pid_t pid_of(const Answer& answer) {
  return answer.response.json().at("usage").at("pid");
}

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

TEST_CASE("a job that fails, is late or is left by its client ends its process") {
  const UnrulyServer server(staying({"--running", "1", "--timeout", "500ms", "--kill-grace", "100ms"}));
  const struct {
    std::string task;
    Json params;
    std::string outcome;
  } jobs[] = {{"quit", {{"code", 3}}, "502 crashed"},
              {"die", {{"signal", 11}}, "502 crashed"},
              {"loop", Json::object(), "504 deadline_exceeded"},
              {"not_json", Json::object(), "502 bad_reply"},
              {"answer_twice", Json::object(), "502 bad_reply"}};
  for (const auto& job : jobs) {
    CAPTURE(job.task);
    const auto before = pid_of(run_job(server, "echo"));
    const auto answer = run_job(server, job.task, job.params);
    CHECK(outcome_of(answer) == job.outcome);
    CHECK(pid_of(answer) == before);
    CHECK(pid_of(run_job(server, "echo")) != before);
  }
  const auto before = pid_of(run_job(server, "echo"));
  HttpClient leaver(server.port());
  leaver.send_post("/tasks/sleep", {{"ms", 400}});
  REQUIRE(eventually(seconds(5),
                     [&] { return HttpClient(server.port()).get("/status").json().at("jobs").size() == 1; }));
  leaver.close();
  CHECK(pid_of(run_job(server, "echo")) != before);
}

TEST_CASE("an error that the task reports costs nobody the process") {
  const UnrulyServer server(staying({"--running", "1"}));
  const auto before = pid_of(run_job(server, "echo"));
  CHECK(outcome_of(run_job(server, "fail", {{"code", -32000}, {"message", "no"}})) == "500 task_failed");
  CHECK(pid_of(run_job(server, "echo")) == before);
}

TEST_CASE("no job is lost to processes that end between two jobs") {
  const UnrulyServer server(staying({"--running", "2", "--timeout", "20s"}));
  std::vector<std::future<void>> clients;
  for (int client = 0; client < 4; ++client) {
    clients.push_back(std::async(std::launch::async, [&] {
      HttpClient connection(server.port(), seconds(30));
      for (int i = 0; i < 50; ++i) {
        const auto* task = i % 2 ? "/tasks/echo" : "/tasks/answer_and_go";
        CHECK(outcome_of(connection.post(task, Json::object())) == "200");
      }
    }));
  }
  for (auto& client : clients) client.get();
  CHECK(recycled(server, "ended") > 10);
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

TEST_CASE("no job is lost to a process that has closed its stdin") {
  const UnrulyServer server(staying({"--running", "1", "--kill-grace", "100ms"}));
  const auto deaf = pid_of(run_job(server, "answer_and_close"));
  const auto input = "/proc/" + std::to_string(deaf) + "/fd/0";
  REQUIRE(eventually(seconds(5), [&] { return !std::filesystem::exists(input); }));
  const auto answer = run_job(server, "echo");
  CHECK(outcome_of(answer) == "200");
  CHECK(pid_of(answer) != deaf);
}

TEST_CASE("a child or a daemon that a job leaves behind ends its process, and does not outlive it") {
  const UnrulyServer server(staying({"--running", "1", "--kill-grace", "300ms"}));
  for (const auto* task : {"leave_child", "leave_daemon"}) {
    CAPTURE(std::string(task));
    REQUIRE(works(server));
    const auto answer = run_job(server, task, {{"answer", true}});
    REQUIRE(outcome_of(answer) == "200");
    const pid_t sleeper = answer.response.json().at("result").at("pid");
    CHECK(eventually(seconds(2), [&] { return harness::is_dead(sleeper); }));
    CHECK(works(server));
  }
  CHECK(recycled(server, "children") >= 1);
}

TEST_CASE("a process that has grown above --process-memory does no other job") {
  const UnrulyServer server(staying({"--running", "1", "--process-memory", "64MiB"}));
  const auto small = pid_of(run_job(server, "keep_memory", {{"megabytes", 1}}));
  const auto large = run_job(server, "keep_memory", {{"megabytes", 100}});
  CHECK(pid_of(large) == small);
  CHECK(pid_of(run_job(server, "echo")) != small);
  CHECK(recycled(server, "memory") == 1);
}

TEST_CASE("a process without a job is ended after --process-idle, by the end of its stdin") {
  const UnrulyServer server(staying({"--running", "2", "--process-idle", "300ms"}));
  REQUIRE(works(server));
  CHECK(harness::crunchers_of(server.pid()).size() == 1);
  CHECK(has_no_children(server, seconds(3)));
  CHECK(recycled(server, "idle") == 1);
  CHECK(works(server));
}

// The answer of a job whose process goes on to write `line` once there is a file `gate`.
Answer answered_before(const UnrulyServer& server, const std::string& gate, const std::string& line) {
  const auto answer = run_job(server, "answer_late", {{"path", gate}, {"line", line}});
  REQUIRE(outcome_of(answer) == "200");
  return answer;
}

TEST_CASE("what a process writes between two jobs reaches nobody, and it does no other job") {
  const harness::TemporaryDirectory directory;
  const UnrulyServer server(staying({"--running", "1"}));
  for (const auto* line : {"a secret", R"({"jsonrpc":"2.0","id":"7","result":"a secret"})"}) {
    CAPTURE(std::string(line));
    const auto late = answered_before(server, directory.path() / "gate", line);
    directory.write("gate", "");
    const auto talkative = pid_of(late);
    REQUIRE(eventually(seconds(5), [&] { return harness::find_process(talkative)->state == 'S'; }));
    const auto before = recycled(server, "output");
    REQUIRE(eventually(seconds(5), [&] {
      const auto next = run_job(server, "echo", {{"from", "the next"}});
      CHECK(next.response.body.find("secret") == std::string::npos);
      return outcome_of(next) == "200" && pid_of(next) != talkative;
    }));
    CHECK(recycled(server, "output") + 1 >= before);
    directory.remove("gate");
  }
}

TEST_CASE("a late line that comes while the next job runs is not shown to its client") {
  const harness::TemporaryDirectory directory;
  const UnrulyServer server(staying({"--running", "1"}));
  for (const auto* line : {"a secret", R"({"jsonrpc":"2.0","id":"7","result":"a secret"})"}) {
    CAPTURE(std::string(line));
    answered_before(server, directory.path() / "gate", line);
    auto next = start_job(server, "echo", {{"from", "the next"}});
    REQUIRE(eventually(
        seconds(5), [&] { return HttpClient(server.port()).get("/status").json().at("jobs").size() == 1; }));
    directory.write("gate", "");
    const auto answer = next.get();
    CHECK(outcome_of(answer) == "502 bad_reply");
    CHECK(answer.response.body.find("secret") == std::string::npos);
    CHECK(works(server));
    directory.remove("gate");
  }
}

TEST_CASE("at SIGHUP the cruncher is asked again, and its processes are of its new version") {
  const harness::TemporaryDirectory directory;
  const auto program = directory.copy(unruly_path(), "unruly");
  UnrulyServer server(staying({"--running", "1", "--spares", "1", "--cruncher", program}));
  const auto before = program_inode(server);
  CHECK(program_inode(server) == before);
  directory.write("unruly", "#!/bin/sh\necho what for >&2; exit 1\n", true);
  server.signal(SIGHUP);
  CHECK(server.logs("the cruncher stays as it is"));
  CHECK(server.logs("what for"));
  CHECK(program_inode(server) == before);
  directory.copy(unruly_path(), "unruly");
  server.signal(SIGHUP);
  CHECK(server.logs("its processes are started anew"));
  CHECK(program_inode(server) != before);
}

TEST_CASE("at the server's end processes that wait are gone at once") {
  UnrulyServer server(staying({"--running", "2", "--spares", "2"}));
  for (int i = 0; i < 4; ++i) REQUIRE(works(server));
  CHECK(server.stop(seconds(2)) == 0);
  CHECK(server.processes_left().empty());
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
