// Operators' routes and connections: a port or a socket of their own, which clients neither see nor fill.

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "tests/end_to_end/job.h"
#include "tests/harness/command.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

constexpr const char* kOperatorsAlone[] = {"/metrics", "/status", "/status/history", "/dashboard"};

std::uint16_t admin_port(const RunningServer& server) {
  constexpr std::string_view kMark = "listening for operators on http://127.0.0.1:";
  REQUIRE(server.logs(kMark));
  const auto log = server.log();
  return static_cast<std::uint16_t>(std::stoul(log.substr(log.find(kMark) + kMark.size())));
}

TEST_CASE("with --admin-port operators' routes are there alone, and probes on both") {
  const UnrulyServer server({"--admin-port", "0"});
  HttpClient client(server.port()), of_operators(admin_port(server));
  for (const auto* path : kOperatorsAlone) {
    CAPTURE(std::string(path));
    CHECK(client.get(path).status == 404);
    CHECK(of_operators.get(path).status == 200);
  }
  CHECK(client.get("/%73tatus").status == 404);
  for (const auto* path : {"/healthz", "/readyz", "/", "/tasks", "/openapi.json"}) {
    CHECK(client.get(path).status == 200);
    CHECK(of_operators.get(path).status == 200);
  }
  CHECK_FALSE(client.get("/openapi.json").json().at("paths").contains("/status"));
  CHECK(of_operators.get("/openapi.json").json().at("paths").contains("/status"));
  CHECK(of_operators.post("/tasks/echo", {{"a", 1}}).status == 200);
  CHECK(of_operators.get("/status", {{"Host", "evil.example"}}).status == 421);
}

TEST_CASE("without it they are for everybody") {
  const UnrulyServer server;
  for (const auto* path : kOperatorsAlone) CHECK(HttpClient(server.port()).get(path).status == 200);
}

TEST_CASE("a socket for operators is for its owner and group, and gone at the end") {
  const harness::TemporaryDirectory directory;
  const auto path = directory.path() / "admin.sock";
  UnrulyServer server({"--admin-socket", path});
  REQUIRE(server.logs("listening for operators on unix:"));
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0660);
  CHECK(HttpClient(path.string()).get("/status").status == 200);
  CHECK(HttpClient(server.port()).get("/status").status == 404);
  CHECK(server.stop() == 0);
  CHECK(::stat(path.c_str(), &found) != 0);
}

TEST_CASE("a Unix socket beside it makes a loopback listener no less one: of operators, too") {
  const harness::TemporaryDirectory directory;
  const RunningServer both({"--admin-port", "0", "--admin-socket", directory.path() / "admin.socket"});
  const auto status_for = [&](const char* host) {
    return outcome_of(HttpClient(admin_port(both)).get("/metrics", {{"Host", host}}));
  };
  CHECK(status_for("evil.example") == "421 unknown_host");
  CHECK(status_for("localhost") == "200");
}

TEST_CASE("clients that fill the public port lock no operator out") {
  const UnrulyServer server(
      {"--admin-port", "0", "--max-connections", "20", "--max-connections-per-ip", "0"});
  std::vector<HttpClient> busy;
  for (int i = 0; i < 20; ++i) {  // with a request under way each, so that none can be closed for another
    busy.emplace_back(server.port());
    busy.back().send_post("/tasks/sleep", {{"ms", 20'000}});
  }
  HttpClient of_operators(admin_port(server));
  REQUIRE(eventually(seconds(5),
                     [&] { return of_operators.get("/status").json().at("connections").at("open") == 20; }));
  HttpClient late(server.port(), milliseconds(300));
  CHECK_THROWS(late.get("/healthz"));
  CHECK(of_operators.get("/healthz").status == 200);
  CHECK(HttpClient(admin_port(server)).get("/metrics").status == 200);
  server.signal(SIGKILL);
}

TEST_CASE("a server that has no more descriptors still lets operators in") {
  RunningServer::Launch launch;
  launch.open_files = 256;
  const UnrulyServer server({"--admin-port", "0", "--max-connections-per-ip", "0"}, launch);
  std::vector<HttpClient> idle;
  for (int i = 0; i < 300; ++i) {
    idle.emplace_back(server.port());
    idle.back().send("GET / HT");
  }
  HttpClient of_operators(admin_port(server), seconds(5));
  CHECK(of_operators.get("/status").status == 200);
}

TEST_CASE("operators see the request ids of all jobs; everybody else that of a job which they name") {
  const UnrulyServer everybody, apart({"--admin-port", "0"});
  std::vector<std::future<Answer>> jobs;
  for (const auto* server : {&everybody, &apart}) {
    jobs.push_back(start_job(*server, "sleep", {{"ms", 20'000}}, {{"X-Request-Id", "secret"}}));
    running_cruncher(*server);
  }
  const auto id = [](std::uint16_t port, const char* target) {
    return HttpClient(port).get(target).json().at("jobs").at(0).at("id");
  };
  CHECK(id(everybody.port(), "/status").is_null());
  CHECK(id(everybody.port(), "/status?id=other").is_null());
  CHECK(id(everybody.port(), "/status?id=secret") == "secret");
  CHECK(id(admin_port(apart), "/status") == "secret");
  for (const auto* server : {&everybody, &apart}) server->signal(SIGKILL);
  for (auto& job : jobs) CHECK_THROWS(job.get());
}

TEST_CASE("operators see what each failed job said") {
  const UnrulyServer server({"--admin-port", "0"});
  run_job(server, "fail", {{"code", -32000}, {"message", "no such file"}}, {{"X-Request-Id", "secret"}});
  const auto failure = HttpClient(admin_port(server)).get("/status").json().at("failures").at(0);
  CHECK(failure.at("id") == "secret");
  CHECK(failure.at("reason") == "task_failed");
  CHECK(failure.at("detail").get<std::string>().find("no such file") != std::string::npos);
}

TEST_CASE("operators can look at a drain until it is over") {
  UnrulyServer server({"--admin-port", "0"});
  auto job = start_job(server, "sleep", {{"ms", 1000}});
  running_cruncher(server);
  HttpClient of_operators(admin_port(server));
  server.signal(SIGTERM);
  REQUIRE(eventually(seconds(5),
                     [&] { return of_operators.get("/status").json().at("server").at("draining") == true; }));
  CHECK(HttpClient(admin_port(server)).get("/readyz").status == 503);
  CHECK(outcome_of(job.get()) == "200");
  CHECK(server.wait_for_end(seconds(5)) == 0);
}

TEST_CASE("an admin port that cannot be is refused by its own flag's name") {
  const UnrulyServer server;
  const auto refused = harness::run_command(
      {harness::cruncherd_path(), "--port", "0", "--admin-port", std::to_string(server.port())});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("choose another --admin-port") != std::string::npos);
}

}  // namespace
}  // namespace end_to_end
