// What stays when the server has ended, or was killed: no process of it.

#include <doctest/doctest.h>
#include <signal.h>

#include "tests/end_to_end/job.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

using harness::at_most;

TEST_CASE("at its end the server leaves nothing of what its jobs have left behind") {
  UnrulyServer server({"--timeout", "60s"});
  SUBCASE("asked once") {
    CHECK(outcome_of(run_job(server, "fork_bomb",
                             {{"generations", 8}, {"escape", true}, {"answer", true}})) == "200");
    CHECK(server.stop() == 0);
  }
  SUBCASE("told twice") {
    HttpClient client(server.port());
    client.send_post("/tasks/leave_daemon", {{"answer", false}});
    REQUIRE(eventually(seconds(5), [&] { return server.processes_left().size() == 2; }));
    server.signal(SIGTERM);
    CHECK_FALSE(server.wait_for_end(milliseconds(100)));
    CHECK(server.stop() == 128 + SIGTERM);
  }
  CHECK(server.processes_left().empty());
}

TEST_CASE("when the server is killed, its jobs and spares are gone within a second") {
  SUBCASE("the built-in cruncher") {
    RunningServer server({"--running", "2", "--spares", "2"});
    std::vector<HttpClient> clients;
    for (int i = 0; i < 2; ++i) {
      clients.emplace_back(server.port());
      clients.back().send_post("/tasks/spin", {{"CPUTimeMs", 60'000}});
    }
    REQUIRE(eventually(seconds(5), [&] { return server.processes_left().size() == 4; }));
    server.signal(SIGKILL);
    REQUIRE(server.wait_for_end(seconds(2)));
    CHECK(eventually(seconds(1), [&] { return server.processes_left().empty(); }));
  }
  SUBCASE("a foreign cruncher") {
    UnrulyServer server(
        {"--running", "3", "--spares", "3"});  // the third job takes the last: all are refilled
    std::vector<HttpClient> clients;
    for (const auto* task : {"loop", "ignore_term", "stop_itself"}) {
      clients.emplace_back(server.port());
      clients.back().send_post(std::string("/tasks/") + task, Json::object());
    }
    REQUIRE(eventually(seconds(5), [&] { return server.processes_left().size() == 6; }));
    server.signal(SIGKILL);
    REQUIRE(server.wait_for_end(seconds(2)));
    CHECK(eventually(seconds(1), [&] { return server.processes_left().empty(); }));
  }
}
}  // namespace
}  // namespace end_to_end
