// The end of the server itself: asked for, insisted on, or violent. No process of it stays.

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <system_error>
#include <thread>

#include "tests/end_to_end/job.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

using harness::at_most;

bool refuses_connections(std::uint16_t port) {
  try {
    HttpClient client(port);
    return false;
  } catch (const std::system_error&) {
    return true;
  }
}

TEST_CASE("asked to end, the server answers the five jobs in flight and exits with 0 at once") {
  for (const int number : {SIGTERM, SIGINT}) {
    CAPTURE(number);
    const harness::TemporaryDirectory directory;
    const std::string gate = directory.path() / "gate";
    UnrulyServer server({"--running", "5"});
    std::vector<HttpClient> clients;
    for (int i = 0; i < 5; ++i) {
      clients.emplace_back(server.port());
      clients.back().send_post("/tasks/await_file", {{"path", gate}});
    }
    HttpClient idle(server.port());
    CHECK(idle.get("/readyz").status == 200);
    REQUIRE(eventually(seconds(5), [&] { return harness::crunchers_of(server.pid()).size() == 5; }));

    server.signal(number);
    CHECK(eventually(seconds(2), [&] { return refuses_connections(server.port()); }));
    CHECK(idle.closed_by_server(seconds(2)));
    CHECK_FALSE(server.wait_for_end(milliseconds(200)));
    directory.write("gate", "");
    for (auto& client : clients) {
      const auto response = client.read_response();
      CHECK(outcome_of(response) == "200");
      CHECK(response.field("Connection") == "close");
    }
    const auto status = server.wait_for_end(at_most(milliseconds(500)));
    REQUIRE(status);
    CHECK(*status == 0);
    CHECK(server.processes_left().empty());
  }
}

// All of them 200, up to one that says `Connection: close`.
void check_answers(HttpClient& client, int requests) {
  for (int i = 0; i < requests; ++i) {
    const auto response = client.read_response();
    CHECK(response.status == 200);
    if (response.field("Connection") == "close") return;
  }
}

// A server that is stopped for a moment keeps everybody waiting, so that the loop meets requests and signal
// at once.
TEST_CASE("whoever was told keep-alive gets his next answer when the server is asked to end") {
  const std::string heavy = "GET /non-blocking?CPUTimeMs=5 HTTP/1.1\r\nHost: a\r\n\r\n";
  SUBCASE("in one piece") {
    const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\nX: ", end = "\r\n\r\n";
    const std::string light = begin + std::string(1024 - begin.size() - end.size(), 'x') + end;
    for (const bool signal_first : {true, false}) {
      for (int lights = 0; lights < 4; ++lights) {
        CAPTURE(signal_first);
        CAPTURE(lights);
        RunningServer server;
        HttpClient client(server.port());
        CHECK(client.get("/").status == 200);
        std::string requests = heavy;
        for (int i = 0; i < lights; ++i) requests.insert(0, light);
        server.signal(SIGSTOP);
        if (signal_first) server.signal(SIGTERM);
        client.send(requests);
        if (!signal_first) server.signal(SIGTERM);
        server.signal(SIGCONT);
        check_answers(client, lights + 1);
        CHECK(server.wait_for_end(seconds(5)) == 0);
      }
    }
  }
  SUBCASE("while the one before is answered") {
    const std::string body = R"({"limit":10})";
    const std::string head =
        "POST /tasks/primes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n";
    constexpr milliseconds kMoment(400);
    for (const bool late_body : {true, false}) {
      CAPTURE(late_body);
      RunningServer server({"--blocking-route", "on"});
      HttpClient client(server.port());
      CHECK(client.get("/").status == 200);
      server.signal(SIGSTOP);
      server.signal(SIGTERM);
      client.send("GET /blocking?CPUTimeMs=" + std::to_string(kMoment.count()) +
                  " HTTP/1.1\r\nHost: a\r\n\r\n");
      client.send(late_body ? head : heavy);
      server.signal(SIGCONT);
      std::this_thread::sleep_for(kMoment);
      if (late_body) client.send(body);
      check_answers(client, 2);
      CHECK(server.wait_for_end(seconds(5)) == 0);
    }
  }
}

TEST_CASE("asked to end while idle, with spares waiting, the server exits with 0 at once") {
  RunningServer server({"--spares", "3"});
  HttpClient idle(server.port());
  const Stopwatch watch;
  CHECK(server.stop() == 0);
  CHECK(watch.elapsed() < at_most(milliseconds(1000)));
  CHECK(server.processes_left().empty());
}

TEST_CASE("a job in the queue when the server is asked to end gets an answer too") {
  const harness::TemporaryDirectory directory;
  const std::string gate = directory.path() / "gate";
  UnrulyServer server({"--running", "1", "--waiting", "1", "--wait-timeout", "20s"});
  auto running = start_job(server, "await_file", {{"path", gate}});
  running_cruncher(server);
  auto queued = start_job(server, "nothing");
  REQUIRE(eventually(seconds(5), [&] { return HttpClient(server.port()).get("/readyz").status == 503; }));
  server.signal(SIGTERM);
  CHECK(eventually(seconds(2), [&] { return refuses_connections(server.port()); }));
  directory.write("gate", "");
  CHECK(outcome_of(running.get()) == "200");
  const auto outcome = outcome_of(queued.get());
  CHECK((outcome == "200" || outcome == "503 draining"));
  CHECK(server.wait_for_end(seconds(5)) == 0);
}

TEST_CASE("a second signal ends the server now, and no process is left") {
  UnrulyServer server({"--running", "5", "--timeout", "60s"});
  std::vector<HttpClient> clients;
  for (const auto* task : {"loop", "ignore_term", "stop_itself", "escape_group", "escape_session"}) {
    clients.emplace_back(server.port());
    clients.back().send_post(std::string("/tasks/") + task, Json::object());
  }
  REQUIRE(eventually(seconds(5), [&] { return harness::crunchers_of(server.pid()).size() == 5; }));
  server.signal(SIGTERM);
  CHECK_FALSE(server.wait_for_end(milliseconds(300)));
  server.signal(SIGTERM);
  const auto status = server.wait_for_end(at_most(milliseconds(1000)));
  REQUIRE(status);
  CHECK(*status != 0);
  CHECK(eventually(seconds(1), [&] { return server.processes_left().empty(); }));
}

TEST_CASE("a drain that takes too long is ended") {
  UnrulyServer server({"--timeout", "60s", "--drain-timeout", "500ms", "--kill-grace", "100ms"});
  auto job = start_job(server, "ignore_term");
  running_cruncher(server);
  const Stopwatch watch;
  server.signal(SIGTERM);
  REQUIRE(server.wait_for_end(milliseconds(500) + at_most(milliseconds(1500))));
  CHECK(watch.elapsed() >= milliseconds(450));
  CHECK(eventually(seconds(1), [&] { return server.processes_left().empty(); }));
  CHECK_THROWS(job.get());
}

TEST_CASE("with nothing left to answer, there is nothing to cut off, however short --drain-timeout is") {
  RunningServer server({"--spares", "3", "--drain-timeout", "0"});
  CHECK(server.stop() == 0);
  CHECK(server.log().find("cut off") == std::string::npos);
  CHECK(server.processes_left().empty());
}

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
