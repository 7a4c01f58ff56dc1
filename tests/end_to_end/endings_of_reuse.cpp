// --jobs-per-process: what ends a process that would have done another job, and what reaches nobody.

#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>

#include "tests/end_to_end/staying.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

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

}  // namespace
}  // namespace end_to_end
