// What goes wrong for a moment, or with one job alone, and must not go wrong for longer or for others.

#include <doctest/doctest.h>
#include <signal.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "tests/end_to_end/stored_job.h"

namespace end_to_end {
namespace {

using harness::TemporaryDirectory;

// Somebody's program with the database, and a transaction of its own.
class Outsider {
 public:
  Outsider(const std::filesystem::path& folder, const char* begin) {
    REQUIRE(sqlite3_open((folder / "jobs.sqlite").c_str(), &handle_) == SQLITE_OK);
    sqlite3_busy_timeout(handle_, 5000);
    REQUIRE(sqlite3_exec(handle_, begin, nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  ~Outsider() { sqlite3_close(handle_); }
  Outsider(const Outsider&) = delete;
  Outsider& operator=(const Outsider&) = delete;

 private:
  sqlite3* handle_ = nullptr;
};

TEST_CASE("a queued job that many cancel at once is cancelled, and then forgotten") {
  const TemporaryDirectory folder;
  const StoringServer server(folder, {"--running", "2", "--background", "1"});
  const auto blocker = submitted(server, "loop");
  REQUIRE(becomes(server, blocker, "running"));
  for (int round = 0; round < 10; ++round) {
    const auto id = submitted(server, "nothing");
    std::vector<std::future<int>> answers;
    for (int i = 0; i < 8; ++i)
      answers.push_back(std::async(std::launch::async, [&server, &id] {
        return HttpClient(server.port()).request("DELETE", "/jobs/" + id).status;
      }));
    for (auto& answer : answers) {
      const auto status = answer.get();
      CAPTURE(status);
      CHECK((status == 200 || status == 204 || status == 404));
    }
  }
  CHECK(state_of(server, blocker) == "running");
  CHECK(works(server));
}

TEST_CASE("what fails before it begins leaves the figures as they were") {
  const TemporaryDirectory folder;
  const auto jobs = folder.path() / "jobs", away = folder.path() / "away";
  const StoringServer server(folder, {"--running", "2", "--background", "1"});
  const auto blocker = submitted(server, "loop");
  REQUIRE(becomes(server, blocker, "running"));
  const auto queued = submitted(server, "nothing");
  HttpClient client(server.port());
  std::filesystem::rename(jobs, away);
  CHECK(outcome_of(submit(client, "nothing")) == "503 store_failed");
  std::filesystem::rename(away, jobs);
  CHECK(client.request("DELETE", "/jobs/" + queued).status == 200);
  const auto stored = client.get("/status").json()["stored"];
  CHECK(stored["queued"] == 0);
  CHECK(stored["running"] == 1);
  CHECK(stored["bytes"] == 2);
  client.request("DELETE", "/jobs/" + blocker);
  CHECK(end_of(server, submitted(server, "nothing")) == "done");
}

TEST_CASE("what is queued, however much, makes no result be forgotten") {
  const TemporaryDirectory folder;
  const StoringServer server(
      folder, {"--keep-bytes", "1MiB", "--running", "2", "--background", "1", "--max-body", "2MiB"});
  const auto done = submitted(server, "nothing");
  CHECK(end_of(server, done) == "done");
  REQUIRE(becomes(server, submitted(server, "loop"), "running"));
  for (int i = 0; i < 2; ++i) submitted(server, "echo", {{"text", std::string(700'000, 'x')}});
  std::this_thread::sleep_for(milliseconds(2500));  // it looks every second
  CHECK(result_of(server, done).status == 200);
}

TEST_CASE("a folder that cannot be used at the start is used as soon as it can") {
  const TemporaryDirectory folder;
  const auto in_the_way = folder.write("jobs", "a file");
  const StoringServer server(folder);
  HttpClient client(server.port());
  CHECK(outcome_of(submit(client, "nothing")) == "503 store_failed");
  std::filesystem::remove(in_the_way);
  CHECK(eventually(seconds(15), [&] { return submit(client, "nothing").status == 202; }));
  CHECK(client.get("/status").json()["stored"]["fault"].is_null());
}

TEST_CASE("a job whose content is lost, or cut, fails alone") {
  const TemporaryDirectory folder;
  std::string lost, cut, next;
  {
    StoringServer server(folder, {"--running", "2", "--background", "1"});
    REQUIRE(becomes(server, submitted(server, "loop"), "running"));
    const Json params{{"text", std::string(100'000, 'x')}};
    lost = submitted(server, "echo", params);
    cut = submitted(server, "echo", params);
    next = submitted(server, "nothing");
    server.signal(SIGKILL);
    REQUIRE(server.wait_for_end(seconds(5)));
  }
  const auto contents = folder.path() / "jobs" / "contents";
  REQUIRE(std::filesystem::remove(contents / (lost + ".content")));
  std::filesystem::resize_file(contents / (cut + ".content"), 50'000);
  StoringServer server(folder, {"--running", "2", "--background", "1"});
  CHECK(end_of(server, next) == "done");
  for (const auto& id : {lost, cut}) {
    CAPTURE(id);
    CHECK(state_of(server, id) == "failed");
    CHECK(job(server, id)["reason"] == "content_lost");
    CHECK(HttpClient(server.port()).request("DELETE", "/jobs/" + id).status == 204);
  }
  CHECK(server.stop() == 0);
}

TEST_CASE("what was queued can be cancelled from the start on, of however many") {
  const TemporaryDirectory folder;
  const std::vector<std::string> flags{"--running", "2", "--background", "1"};
  std::string last;
  {
    StoringServer server(folder, flags);
    REQUIRE(becomes(server, submitted(server, "loop"), "running"));
    HttpClient client(server.port());
    for (int i = 0; i < 1500; ++i) last = accepted_id(submit(client, "nothing"));
    server.signal(SIGKILL);
    REQUIRE(server.wait_for_end(seconds(5)));
  }
  const StoringServer server(folder, flags);
  CHECK(HttpClient(server.port()).request("DELETE", "/jobs/" + last).json()["state"] == "cancelled");
  CHECK(state_of(server, last) == "cancelled");
}

TEST_CASE("a result waits for a store that fails for a moment") {
  const TemporaryDirectory folder;
  const StoringServer server(folder, {"--running", "2"});
  const std::string gate = folder.path() / "gate";
  const auto id = submitted(server, "await_file", {{"path", gate}});
  REQUIRE(becomes(server, id, "running"));
  {
    const Outsider writer(folder.path() / "jobs", "BEGIN IMMEDIATE");
    folder.write("gate", "");
    CHECK(server.logs("id=" + id));
    std::this_thread::sleep_for(milliseconds(2500));  // longer than the store waits for a lock
  }
  CHECK(end_of(server, id) == "done");
  CHECK(result_of(server, id).status == 200);
}

}  // namespace
}  // namespace end_to_end
