// What a stored job survives: the server's end in order, and by violence in the midst of a job.

#include <doctest/doctest.h>
#include <signal.h>
#include <sqlite3.h>

#include <memory>

#include "tests/end_to_end/stored_job.h"

namespace end_to_end {
namespace {

using harness::TemporaryDirectory;

std::unique_ptr<UnrulyServer> start(const TemporaryDirectory& folder, std::vector<std::string> flags = {}) {
  flags.insert(flags.end(), {"--jobs-dir", folder.path() / "jobs"});
  return std::make_unique<UnrulyServer>(std::move(flags));
}

// Of the database's schema.
void set_version(const std::filesystem::path& database, int version) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(database.c_str(), &handle) == SQLITE_OK);
  const auto statement = "PRAGMA user_version = " + std::to_string(version);
  CHECK(sqlite3_exec(handle, statement.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(handle);
}

void kill(std::unique_ptr<UnrulyServer>& server) {
  server->signal(SIGKILL);
  REQUIRE(server->wait_for_end(seconds(5)));
  server.reset();
}

TEST_CASE("killed in the midst of a job and started again, the server does the job in the end") {
  const TemporaryDirectory folder;
  const std::string gate = folder.path() / "gate";
  auto server = start(folder, {"--retries", "1"});
  const auto id = submitted(*server, "await_file", {{"path", gate}});
  const auto queued = submitted(*server, "echo", {{"a", 1}});
  REQUIRE(becomes(*server, id, "running"));
  kill(server);
  server = start(folder, {"--retries", "1"});
  REQUIRE(becomes(*server, id, "running"));
  CHECK(job(*server, id)["attempts"] == 2);
  folder.write("gate", "");
  CHECK(end_of(*server, id) == "done");
  CHECK(end_of(*server, queued) == "done");
  CHECK(result_of(*server, queued).json()["result"]["a"] == 1);
}

TEST_CASE("without retries a job whose server was killed is interrupted, and those behind it run") {
  const TemporaryDirectory folder;
  auto server = start(folder, {"--running", "2", "--background", "1"});
  const auto running = submitted(*server, "loop");
  const auto queued = submitted(*server, "nothing");
  REQUIRE(becomes(*server, running, "running"));
  kill(server);
  server = start(folder);
  CHECK(state_of(*server, running) == "interrupted");
  CHECK(outcome_of(result_of(*server, running)) == "409 no_result");
  CHECK(end_of(*server, queued) == "done");
}

TEST_CASE(
    "ended in order, the server lets running jobs end; those that do not are queued, as if never begun") {
  const TemporaryDirectory folder;
  const std::string gate = folder.path() / "gate";
  auto server = start(folder, {"--running", "3", "--drain-timeout", "1s"});
  const auto loops = submitted(*server, "loop");
  const auto ends = submitted(*server, "await_file", {{"path", gate}});
  const auto queued = submitted(*server, "nothing");
  REQUIRE(becomes(*server, loops, "running"));
  REQUIRE(becomes(*server, ends, "running"));
  server->signal(SIGTERM);
  CHECK_FALSE(server->wait_for_end(milliseconds(300)));
  folder.write("gate", "");
  REQUIRE(server->wait_for_end(seconds(10)));
  server = start(folder, {"--running", "3"});
  CHECK(state_of(*server, ends) == "done");
  CHECK(end_of(*server, queued) == "done");
  REQUIRE(becomes(*server, loops, "running"));
  CHECK(job(*server, loops)["attempts"] == 1);
}

TEST_CASE("the end of the server does not wait for those who only watch") {
  const TemporaryDirectory folder;
  auto server = start(folder, {"--running", "2", "--background", "1", "--drain-timeout", "20s"});
  const auto running = submitted(*server, "sleep", {{"ms", 500}});
  const auto queued = submitted(*server, "nothing");
  HttpClient watcher(server->port()), waiter(server->port());
  waiter.send_request("GET", "/jobs/" + queued, {{"Prefer", "wait=60"}});
  watcher.send_request("GET", "/jobs/" + queued + "/events");
  REQUIRE(becomes(*server, running, "running"));
  server->signal(SIGTERM);
  CHECK(waiter.read_response().json()["state"] == "queued");
  CHECK(watcher.read_response().status == 200);
  CHECK(server->wait_for_end(seconds(5)));
}

TEST_CASE("a second server on the folder is refused, and so is a folder of a newer version") {
  const TemporaryDirectory folder;
  auto server = start(folder);
  const auto refusal = [&]() -> std::string {
    try {
      start(folder);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  CHECK(refusal().find("is another server's") != std::string::npos);
  kill(server);
  set_version(folder.path() / "jobs" / "jobs.sqlite", 99);
  CHECK(refusal().find("version 99") != std::string::npos);
}

}  // namespace
}  // namespace end_to_end
