// Processes that a cruncher starts: they hold up no answer and outlive no job.

#include <doctest/doctest.h>
#include <signal.h>

#include <fstream>

#include "tests/end_to_end/job.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

using harness::is_dead;

TEST_CASE(
    "the answer does not wait for a child or daemon that keeps stdout open, and neither outlives the job") {
  const UnrulyServer server({"--timeout", "20s", "--kill-grace", "300ms"});
  for (const auto* task : {"leave_child", "leave_daemon"}) {
    CAPTURE(std::string(task));
    pid_t sleeper = -1;  // the sweep behind the job before may end it before it can tell
    for (int attempt = 0; attempt < 5 && sleeper < 0; ++attempt) {
      REQUIRE(has_no_children(server));
      const auto answer = run_job(server, task, {{"answer", true}});
      REQUIRE(outcome_of(answer) == "200");
      CHECK(answer.took < seconds(2));
      sleeper = answer.response.json().at("result").at("pid");
    }
    REQUIRE(sleeper > 1);
    CHECK(eventually(seconds(2), [&] { return is_dead(sleeper); }));
    CHECK(works(server));
  }
  CHECK(eventually(seconds(2), [&] { return server.processes_left().empty(); }));
  CHECK(has_no_children(server));
}

TEST_CASE("a stranger that lost its parent is no job's: it lives on, also after the server, and is reaped") {
  const harness::TemporaryDirectory directory;
  const auto pid_file = directory.path() / "pid";
  // A helper of whoever starts the server, whose own child comes to the server as to PID 1 of a container.
  const auto script =
      directory.write("start",
                      "#!/bin/sh\n(sh -c 'sleep 300 & echo $! >" + pid_file.string() +
                          "; exec sleep 0.2') &\nexec " + harness::cruncherd_path() + " \"$@\"\n",
                      true);
  RunningServer::Launch launch;
  launch.program = script;
  UnrulyServer server({}, launch);
  pid_t stranger = 0;
  REQUIRE(eventually(seconds(5), [&] { return bool(std::ifstream(pid_file) >> stranger); }));
  const auto parent = [&] { return harness::find_process(stranger)->parent; };
  REQUIRE(eventually(seconds(5), [&] { return parent() == server.pid(); }));
  for (int i = 0; i < 5; ++i) CHECK(works(server));
  CHECK_FALSE(is_dead(stranger));
  CHECK(HttpClient(server.port()).get("/metrics").body.find("cruncherd_orphans_killed_total 0") !=
        std::string::npos);
  ::kill(stranger, SIGKILL);
  CHECK(eventually(seconds(5), [&] { return works(server) && !harness::find_process(stranger); }));
  CHECK(server.stop() == 0);
}

TEST_CASE("a child and a daemon die with a job that is killed at its deadline") {
  const UnrulyServer server({"--timeout", "500ms", "--kill-grace", "200ms"});
  for (const auto* task : {"leave_child", "leave_daemon"}) {
    CAPTURE(std::string(task));
    CHECK(outcome_of(run_job(server, task, {{"answer", false}})) == "504 deadline_exceeded");
    CHECK(eventually(seconds(2), [&] { return server.processes_left().empty(); }));
    CHECK(works(server));
  }
  CHECK(has_no_children(server));
}

TEST_CASE("one job's stray processes are told apart from another job that is still running") {
  const UnrulyServer server({"--running", "2", "--timeout", "20s"});
  auto decent = start_job(server, "sleep", {{"ms", 1500}});
  running_cruncher(server);
  CHECK(outcome_of(run_job(server, "leave_daemon", {{"answer", true}})) == "200");
  CHECK(outcome_of(run_job(server, "leave_child", {{"answer", true}})) == "200");
  const auto answer = decent.get();
  CHECK(outcome_of(answer) == "200");
  CHECK(eventually(seconds(2), [&] { return server.processes_left().empty(); }));
}

TEST_CASE("no group hides what a job leaves behind, and whose group it is does not suffer") {
  const UnrulyServer server;
  for (const auto* whose : {"child", "launcher"}) {
    CAPTURE(std::string(whose));
    const auto launchers = harness::launchers_of(server.pid());
    const auto answer = run_job(server, "hide_in_group", {{"whose", whose}});
    REQUIRE(outcome_of(answer) == "200");
    const pid_t hidden = answer.response.json().at("result").at("pid");
    REQUIRE(hidden > 1);
    CHECK(eventually(seconds(2), [&] { return is_dead(hidden); }));
    CHECK(eventually(seconds(2), [&] { return server.processes_left().empty(); }));
    CHECK(harness::launchers_of(server.pid()) == launchers);
    CHECK(works(server));
  }
}

TEST_CASE("what a job leaves behind by the hundred is ended, whether it stays together or not") {
  const UnrulyServer server;
  for (const bool together : {false, true}) {
    CAPTURE(together);
    CHECK(outcome_of(run_job(server, "leave_many", {{"count", 500}, {"together", together}})) == "200");
    CHECK(eventually(seconds(10), [&] { return server.processes_left().empty(); }));
    CHECK(has_no_children(server));
  }
}

TEST_CASE("a process that hops from one job's group to the next one's is left alone but once") {
  const UnrulyServer server({"--running", "2"});
  auto first = start_job(server, "sleep", {{"ms", 600}});
  running_cruncher(server);
  const auto answer = run_job(server, "hop_groups");
  REQUIRE(outcome_of(answer) == "200");
  const pid_t hopper = answer.response.json().at("result").at("pid");
  auto second = start_job(server, "sleep", {{"ms", 1500}});
  CHECK(outcome_of(first.get()) == "200");
  CHECK(eventually(milliseconds(500), [&] { return is_dead(hopper); }));
  CHECK(outcome_of(second.get()) == "200");
}

TEST_CASE("a fork bomb is dead with its job, whether its processes stay together or not") {
  const UnrulyServer server({"--timeout", "1s", "--kill-grace", "200ms"});
  for (const bool escape : {false, true}) {
    for (const bool answer : {false, true}) {
      CAPTURE(escape);
      CAPTURE(answer);
      const auto bombed =
          run_job(server, "fork_bomb", {{"generations", 6}, {"escape", escape}, {"answer", answer}});
      CHECK(outcome_of(bombed) == (answer ? "200" : "504 deadline_exceeded"));
      CHECK(eventually(seconds(5), [&] { return server.processes_left().empty(); }));
      CHECK(works(server));
    }
  }
  CHECK(has_no_children(server));
}

}  // namespace
}  // namespace end_to_end
