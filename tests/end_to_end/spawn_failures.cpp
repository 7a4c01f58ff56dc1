// No process to be had: the program is gone, the machine refuses. The job is told so, nothing is lost, and
// all is well again as soon as the cause is gone.

#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>

#include "tests/end_to_end/job.h"
#include "tests/harness/lowered_limit.h"
#include "tests/harness/needs_root.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

namespace fs = std::filesystem;
using harness::at_most;

// A server whose cruncher is a file of its own, which a test may take away.
struct ServerOfOneFile {
  explicit ServerOfOneFile(std::vector<std::string> flags = {}) {
    program = directory.copy(unruly_path(), "cruncher");
    flags.insert(flags.begin(), {"--cruncher", program, "--running", "2"});
    server.emplace(std::move(flags));
  }

  harness::TemporaryDirectory directory;
  std::string program;
  std::optional<UnrulyServer> server;
};

pid_t launcher_of(const RunningServer& server) {
  const auto launchers = harness::launchers_of(server.pid());
  return launchers.empty() ? 0 : launchers.front();
}

// A fork server goes on with what it has executed. Only its successor meets what became of the file.
void meet_the_file(const RunningServer& server) {
  if (!starts_by_fork()) return;
  while (const auto launcher = launcher_of(server)) {
    REQUIRE(::kill(launcher, SIGKILL) == 0);
    REQUIRE(eventually(seconds(5), [&] { return harness::is_dead(launcher); }));
  }
}

void check_refusal(const Answer& answer) {
  CHECK(outcome_of(answer) == "503 cannot_spawn");
  CHECK(answer.response.has("Retry-After"));
  CHECK(answer.took < at_most(milliseconds(500)));
}

// Over a second in which nothing can be spawned.
void check_not_busy(const RunningServer& server) {
  const auto before = harness::find_process(server.pid())->cpu_time;
  std::this_thread::sleep_for(seconds(1));
  CHECK(harness::find_process(server.pid())->cpu_time - before < at_most(milliseconds(100)));
}

TEST_CASE(
    "a cruncher that vanishes, or may no longer be executed, is reported, and used again when it is back") {
  for (const bool vanishes : {true, false}) {
    CAPTURE(vanishes);
    const ServerOfOneFile one({"--spares", "0"});
    const auto& server = *one.server;
    REQUIRE(works(server));
    const auto descriptors = harness::open_descriptors(server.pid());
    if (vanishes) {
      fs::rename(one.program, one.program + ".away");
    } else {
      fs::permissions(one.program, fs::perms(0644));
    }
    meet_the_file(server);
    for (int i = 0; i < 20; ++i) check_refusal(run_job(server, "nothing"));
    check_not_busy(server);
    CHECK(HttpClient(server.port()).get("/").status == 200);
    if (vanishes) {
      fs::rename(one.program + ".away", one.program);
    } else {
      fs::permissions(one.program, fs::perms(0755));
    }
    CHECK(eventually(seconds(5), [&] { return works(server); }));
    CHECK(has_no_children(server));
    CHECK(eventually(seconds(2), [&] { return harness::open_descriptors(server.pid()) <= descriptors; }));
  }
}

TEST_CASE("spares go on serving while no new ones can be started, and are made up for afterwards") {
  const ServerOfOneFile one({"--spares", "2"});
  const auto& server = *one.server;
  fs::rename(one.program, one.program + ".away");
  meet_the_file(server);
  CHECK(works(server));
  CHECK(works(server));
  check_refusal(run_job(server, "nothing"));
  check_not_busy(server);
  fs::rename(one.program + ".away", one.program);
  CHECK(eventually(seconds(10), [&] { return harness::crunchers_of(server.pid()).size() == 2; }));
  CHECK(works(server));
  CHECK(eventually(seconds(5), [&] { return harness::zombie_children_of(server.pid()) == 0; }));
}

TEST_CASE(
    "/readyz is 503 while no process can be had and no spare is left, and not for want of somebody who "
    "tries") {
  for (const auto* spares : {"1", "0"}) {
    CAPTURE(std::string(spares));
    const ServerOfOneFile one({"--spares", spares});
    const auto& server = *one.server;
    HttpClient probe(server.port());
    CHECK(probe.get("/readyz").status == 200);
    fs::rename(one.program, one.program + ".away");
    meet_the_file(server);
    if (std::string_view(spares) == "1") CHECK(works(server));
    check_refusal(run_job(server, "nothing"));
    CHECK(outcome_of(probe.get("/readyz")) == "503 cannot_spawn");
    fs::rename(one.program + ".away", one.program);
    CHECK(eventually(seconds(10), [&] { return probe.get("/readyz").status == 200; }));
    CHECK(eventually(seconds(5), [&] { return works(server); }));
  }
}

TEST_CASE("a launcher that is killed is replaced, and costs no job that runs") {
  const UnrulyServer server({"--running", "4"});
  REQUIRE(works(server));
  auto running = start_job(server, "sleep", {{"ms", 1500}});
  REQUIRE(running_cruncher(server) > 0);
  for (int round = 0; round < 5; ++round) {
    const auto launcher = launcher_of(server);
    REQUIRE(launcher > 0);
    REQUIRE(::kill(launcher, SIGKILL) == 0);
    CHECK(works(server));
    CHECK(works(server));  // by the other one
    CHECK(eventually(seconds(5), [&] { return harness::is_gone(launcher); }));
  }
  CHECK(outcome_of(running.get()) == "200");
  CHECK(has_no_children(server));
}

TEST_CASE("a launcher that is stopped does not stop the jobs") {
  const UnrulyServer server;
  REQUIRE(works(server));
  const auto launcher = launcher_of(server);
  REQUIRE(launcher > 0);
  REQUIRE(::kill(launcher, SIGSTOP) == 0);
  for (int i = 0; i < 4; ++i) CHECK(works(server));  // each launcher has its turn
  CHECK(eventually(seconds(5), [&] { return harness::is_gone(launcher); }));
  CHECK(has_no_children(server));
}

TEST_CASE("launchers that are killed while they start processes leave none behind") {
  const UnrulyServer server({"--running", "8", "--waiting", "64"});
  REQUIRE(works(server));
  const auto descriptors = harness::open_descriptors(server.pid());
  std::vector<std::future<Answer>> jobs;
  int worked = 0;
  for (int i = 0; i < 60; ++i) {
    jobs.push_back(start_job(server, "nothing"));
    const auto launcher = launcher_of(server);
    if (i % 6 == 5 && launcher > 0) ::kill(launcher, SIGKILL);
  }
  for (auto& job : jobs) {
    const auto outcome = outcome_of(job.get());
    CHECK((outcome == "200" || outcome == "503 cannot_spawn"));  // where three launchers died with it
    worked += outcome == "200";
  }
  CHECK(worked >= 30);
  CHECK(eventually(seconds(10), [&] { return works(server); }));
  CHECK(has_no_children(server));
  CHECK(eventually(seconds(2), [&] { return harness::open_descriptors(server.pid()) <= descriptors; }));
}

TEST_CASE("a new version of the cruncher is used from the next spawn on") {
  const ServerOfOneFile one({"--spares", "0"});
  const auto before = program_inode(*one.server);
  CHECK(program_inode(*one.server) == before);
  one.directory.copy(unruly_path(), "cruncher");
  meet_the_file(*one.server);
  CHECK(program_inode(*one.server) != before);
  CHECK(works(*one.server));
}

TEST_CASE("a cruncher replaced by something that is none costs its jobs only, until the real one is back") {
  const ServerOfOneFile one({"--spares", "0"});
  const auto& server = *one.server;
  one.directory.write("cruncher", "no program at all\n", true);
  meet_the_file(server);
  check_refusal(run_job(server, "nothing"));
  one.directory.write("cruncher", "#!/bin/sh\nexit 5\n", true);
  CHECK(outcome_of(run_job(server, "nothing")) == (starts_by_fork() ? "503 cannot_spawn" : "502 crashed"));
  one.directory.copy(unruly_path(), "cruncher");
  CHECK(eventually(seconds(5), [&] { return works(server); }));
}

TEST_CASE("out of descriptors, jobs are refused on the connections that there are, and none is lost") {
  const UnrulyServer server;
  HttpClient client(server.port());
  REQUIRE(client.post("/tasks/nothing", Json::object()).status == 200);
  REQUIRE(has_no_children(server));
  const auto before = harness::open_descriptors(server.pid());
  {
    const harness::LoweredLimit limit(server.pid(), RLIMIT_NOFILE, 3);
    for (int i = 0; i < 5; ++i) {
      const Stopwatch watch;
      const auto response = client.post("/tasks/nothing", Json::object());
      check_refusal({response, watch.elapsed()});
    }
    CHECK(client.get("/").status == 200);
    check_not_busy(server);
  }
  CHECK(eventually(seconds(5), [&] { return client.post("/tasks/nothing", Json::object()).status == 200; }));
  CHECK(works(server));
  CHECK(eventually(seconds(2), [&] { return harness::open_descriptors(server.pid()) <= before; }));
}

TEST_CASE(
    "while a fork bomb holds all the processes that the user may have, other jobs are refused, then work "
    "again" *
    harness::NeedsRoot()) {
  const harness::TemporaryDirectory directory;  // the build tree may be closed to that user
  RunningServer::Launch launch;
  launch.program = directory.copy(harness::cruncherd_path(), "cruncherd");
  launch.user = starts_by_fork() ? 61'235 : 61'234;  // both may run at once
  launch.processes = 40;
  const UnrulyServer server({"--cruncher", directory.copy(unruly_path(), "cruncher"), "--running", "2",
                             "--timeout", "6s", "--kill-grace", "100ms"},
                            launch);
  REQUIRE(works(server));
  auto bomb = start_job(server, "fork_bomb", {{"generations", 7}, {"escape", false}, {"answer", false}});
  REQUIRE(eventually(seconds(5), [&] {
    const auto threads = static_cast<std::size_t>(harness::find_process(server.pid())->threads);
    return threads + harness::descendants_of(server.pid()).size() >= launch.processes;
  }));
  check_refusal(run_job(server, "nothing"));
  check_not_busy(server);
  CHECK(outcome_of(bomb.get()) == "504 deadline_exceeded");
  CHECK(eventually(seconds(5), [&] { return works(server); }));
  CHECK(eventually(seconds(2), [&] { return server.processes_left().empty(); }));
}

}  // namespace
}  // namespace end_to_end
