// The end of the server itself: asked for, insisted on, or violent. No process of it stays.

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>

#include "server/loop/unique_fd.h"
#include "tests/end_to_end/job.h"
#include "tests/harness/process_table.h"
#include "tests/harness/started_process.h"
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

TEST_CASE(
    "where a drain takes too long, who waits is told, and each job that is cut off is a line of the log") {
  UnrulyServer server({"--running", "1", "--timeout", "60s", "--wait-timeout", "60s", "--drain-timeout",
                       "700ms", "--kill-grace", "100ms"});
  auto running = start_job(server, "ignore_term");
  running_cruncher(server);
  auto waiting = start_job(server, "nothing");
  REQUIRE(eventually(seconds(5), [&] {
    return HttpClient(server.port()).get("/status").json().at("queue").at("waiting") == 1;
  }));
  server.signal(SIGTERM);
  CHECK(server.wait_for_end(at_most(seconds(5))) == 1 << 8);
  CHECK_THROWS(running.get());
  CHECK(outcome_of(waiting.get()) == "503 draining");
  CHECK(server.log().find("a job of task 'ignore_term' that runs is cut off, id=") != std::string::npos);
  CHECK(server.log().find("a job of task 'nothing' that waits is cut off, id=") != std::string::npos);
}

TEST_CASE("during --drain-delay the listener is open and jobs are run, but /readyz is 503") {
  UnrulyServer server({"--drain-delay", "2s"});
  server.signal(SIGTERM);
  REQUIRE(eventually(seconds(2), [&] { return HttpClient(server.port()).get("/readyz").status == 503; }));
  CHECK(outcome_of(run_job(server, "nothing")) == "200");
  CHECK(HttpClient(server.port()).get("/readyz").status == 503);
  CHECK(server.wait_for_end(seconds(2) + at_most(seconds(2))) == 0);
}

TEST_CASE("SIGQUIT drains; SIGUSR2, SIGALRM and SIGXFSZ end nothing, and jobs have them as usual") {
  UnrulyServer server;
  for (const int number : {SIGUSR2, SIGALRM, SIGXFSZ, SIGUSR1, SIGHUP}) server.signal(number);
  CHECK_FALSE(server.wait_for_end(milliseconds(200)));
  CHECK(works(server));
  auto job = start_job(server, "sleep", {{"ms", 300}});
  const auto path = "/proc/" + std::to_string(running_cruncher(server)) + "/status";
  const auto ignored = [&] {
    std::ifstream status(path);
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("SigIgn:")) return line.substr(line.find_first_not_of("SigIgn:\t "));
    return std::string();
  };
  // SIGPIPE, which the cruncher of this test ignores itself once it runs.
  CHECK(eventually(seconds(2), [&] { return ignored() == "0000000000001000"; }));
  server.signal(SIGQUIT);
  CHECK(outcome_of(job.get()) == "200");
  CHECK(server.wait_for_end(at_most(seconds(3))) == 0);
  CHECK(server.log().find("SIGQUIT (Quit): no new connections") != std::string::npos);
}

TEST_CASE("SIGTERM while the cruncher is asked what it offers ends the server, also as PID 1") {
  const harness::TemporaryDirectory directory;
  const auto mark = directory.path() / "asked";
  const auto silent =
      directory.write("silent", "#!/bin/sh\necho > '" + mark.string() + "'\nexec sleep 600\n", true);
  harness::StartedProcess server(
      {.arguments = {harness::cruncherd_path(), "--port", "0", "--cruncher", silent}});
  REQUIRE(eventually(seconds(20), [&] { return std::filesystem::exists(mark); }));
  server.signal(SIGTERM);
  CHECK(server.wait_for_end(at_most(seconds(3))) == 0);  // by itself: so it would as PID 1
}

TEST_CASE("the service manager's watchdog hears of the loop at half of its time") {
  const harness::TemporaryDirectory directory;
  const auto path = (directory.path() / "notify").string();
  const loop::UniqueFd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(manager.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const timeval patience{20, 0};
  ::setsockopt(manager.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  RunningServer::Launch launch;
  launch.environment = {{"NOTIFY_SOCKET", path}, {"WATCHDOG_USEC", "200000"}};
  const RunningServer server({}, launch);
  int turns = 0;
  for (int messages = 0; messages < 10 && turns < 3; ++messages) {
    char text[64];
    const auto size = ::recv(manager.get(), text, sizeof text, 0);
    REQUIRE(size > 0);
    turns += std::string_view(text, static_cast<std::size_t>(size)) == "WATCHDOG=1";
  }
  CHECK(turns == 3);
}

TEST_CASE("with nothing left to answer, there is nothing to cut off, however short --drain-timeout is") {
  RunningServer server({"--spares", "3", "--drain-timeout", "0"});
  CHECK(server.stop() == 0);
  CHECK(server.log().find("cut off") == std::string::npos);
  CHECK(server.processes_left().empty());
}

}  // namespace
}  // namespace end_to_end
