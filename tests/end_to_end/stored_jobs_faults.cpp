// A store that fails: a full disk, an fsync that fails, a damaged file, a folder that is gone. What is stored
// is answered by 503 store_failed, and everything else works.

#include <doctest/doctest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>

#include "tests/end_to_end/stored_job.h"
#include "tests/harness/command.h"
#include "tests/harness/needs_root.h"

namespace end_to_end {
namespace {

using harness::TemporaryDirectory;

TEST_CASE("a job whose fsync fails was never accepted, and is accepted once that works again") {
  const TemporaryDirectory folder;
  const std::string jobs = folder.path() / "jobs", fails = folder.path() / "fails";
  std::string unheard;
  {
    const UnrulyServer server({"--jobs-dir", jobs}, {.environment = {{"LD_PRELOAD", FAILING_FSYNC_PATH},
                                                                     {"FSYNC_FAILS_IF", fails}}});
    HttpClient client(server.port());
    const auto before = accepted_id(submit(client, "nothing"));
    CHECK(end_of(server, before) == "done");
    folder.write("fails", "");
    const auto refused = submit(client, "echo", {{"a", 1}});
    CHECK(outcome_of(refused) == "503 store_failed");
    CHECK(refused.has("Retry-After"));
    CHECK(works(server));
    folder.remove("fails");
    CHECK(client.get("/jobs").json()["jobs"].size() == 1);
    CHECK(end_of(server, accepted_id(submit(client, "nothing"))) == "done");
  }
  const UnrulyServer server({"--jobs-dir", jobs});
  CHECK(HttpClient(server.port()).get("/jobs").json()["jobs"].size() == 2);
}

TEST_CASE("a damaged file fails what is stored, and --check-jobs says what is wrong") {
  const TemporaryDirectory folder;
  const std::string jobs = folder.path() / "jobs";
  {
    UnrulyServer server({"--jobs-dir", jobs});
    CHECK(end_of(server, submitted(server, "nothing")) == "done");
    CHECK(server.stop() == 0);
  }
  const auto check = [&] { return harness::run_command({harness::cruncherd_path(), "--check-jobs", jobs}); };
  const auto well = check();
  CHECK(well.exit_code == 0);
  CHECK(well.out.find("1 done, and all is well") != std::string::npos);
  const auto elsewhere = harness::run_command({harness::cruncherd_path(), "--check-jobs", folder.path()});
  CHECK(elsewhere.exit_code == 2);
  CHECK(elsewhere.err.find("is " + folder.path().string() + " a folder of --jobs-dir?") != std::string::npos);
  std::ofstream(jobs + "/jobs.sqlite", std::ios::trunc) << std::string(10'000, 'x');
  const auto damaged = check();
  CHECK(damaged.exit_code == 2);
  CHECK(damaged.err.find("not a database") != std::string::npos);
  const UnrulyServer server({"--jobs-dir", jobs});
  CHECK(server.logs("nothing can be stored"));
  HttpClient client(server.port());
  CHECK(outcome_of(submit(client, "nothing")) == "503 store_failed");
  CHECK(outcome_of(client.get("/jobs")) == "503 store_failed");
  CHECK(works(server));
}

TEST_CASE("a folder that is gone fails what is stored, until it is back") {
  const TemporaryDirectory folder;
  const auto jobs = folder.path() / "jobs", away = folder.path() / "away";
  const UnrulyServer server({"--jobs-dir", jobs});
  HttpClient client(server.port());
  CHECK(end_of(server, accepted_id(submit(client, "nothing"))) == "done");
  std::filesystem::rename(jobs, away);
  CHECK(outcome_of(submit(client, "nothing")) == "503 store_failed");
  CHECK(works(server));
  std::filesystem::rename(away, jobs);
  CHECK(end_of(server, accepted_id(submit(client, "nothing"))) == "done");
}

// A file system of so many bytes, as mount(8) says it.
class Disk {
 public:
  explicit Disk(const std::string& size) {
    std::filesystem::create_directory(path());
    mounted_ = ::mount("tmpfs", path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
    if (!mounted_) MESSAGE("SKIPPED: no tmpfs can be mounted here");
  }
  ~Disk() { ::umount2(path().c_str(), MNT_DETACH); }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  bool is_mounted() const { return mounted_; }
  std::filesystem::path path() const { return folder_.path() / "disk"; }

 private:
  TemporaryDirectory folder_;
  bool mounted_ = false;
};

// Submits until it was refused `refusals` times, which must be for want of room; the ids of what was
// accepted.
std::vector<std::string> fill(const RunningServer& server, int refusals) {
  std::vector<std::string> accepted;
  HttpClient client(server.port());
  for (int i = 0; refusals > 0; ++i) {
    const auto response = submit(client, "echo", {{"text", std::string(i % 2 ? 40'000 : 60'000, 'x')}});
    if (response.status == 202) {
      accepted.push_back(response.json()["id"]);
      continue;
    }
    INFO(response.body);
    CHECK(outcome_of(response) == "503 store_failed");
    --refusals;
  }
  return accepted;
}

TEST_CASE("a disk that is full refuses what does not fit, and keeps what it has" * harness::NeedsRoot()) {
  const Disk disk("1m");
  if (!disk.is_mounted()) return;
  const UnrulyServer server({"--jobs-dir", disk.path(), "--running", "2", "--background", "1"});
  const auto blocker = submitted(server, "loop");
  REQUIRE(becomes(server, blocker, "running"));
  const auto accepted = fill(server, 40);
  REQUIRE(accepted.size() > 0);
  CHECK(works(server));
  HttpClient client(server.port());
  CHECK(client.get("/jobs/" + accepted.front()).status == 200);
  CHECK(outcome_of(submit(client, "echo", {{"text", std::string(100'000, 'x')}})) == "503 store_failed");
  client.request("DELETE", "/jobs/" + blocker);
  for (const auto& id : accepted) {
    CAPTURE(id);
    const auto state = end_of(server, id, seconds(60));
    CHECK((state == "done" || job(server, id)["reason"] == "store_failed"));
  }
}

TEST_CASE("a disk that many clients fill at once takes jobs again as soon as some are forgotten" *
          harness::NeedsRoot()) {
  const Disk disk("24m");
  if (!disk.is_mounted()) return;
  const UnrulyServer server({"--jobs-dir", disk.path(), "--running", "2", "--background", "1"});
  const auto blocker = submitted(server, "loop");
  REQUIRE(becomes(server, blocker, "running"));
  std::vector<std::future<std::vector<std::string>>> clients;
  for (int i = 0; i < 16; ++i)
    clients.push_back(std::async(std::launch::async, [&server] { return fill(server, 3); }));
  std::vector<std::string> accepted;
  for (auto& client : clients)
    for (auto& id : client.get()) accepted.push_back(std::move(id));
  CHECK(accepted.size() > 100);
  CHECK(works(server));
  HttpClient client(server.port());
  const auto cancel_and_forget = [&client](const std::string& id) {
    CHECK(client.request("DELETE", "/jobs/" + id).status < 300);
    CHECK(client.request("DELETE", "/jobs/" + id).status < 300);
  };
  const auto half = accepted.begin() + static_cast<std::ptrdiff_t>(accepted.size() / 2);
  std::for_each(accepted.begin(), half, cancel_and_forget);
  const auto more = fill(server, 1);
  CHECK(more.size() > accepted.size() / 4);
  client.request("DELETE", "/jobs/" + blocker);
  accepted.erase(accepted.begin(), half);
  accepted.insert(accepted.end(), more.begin(), more.end());
  for (const auto& id : accepted) {
    CAPTURE(id);
    CHECK(end_of(server, id, seconds(60)) == "done");
  }
}

TEST_CASE("somebody who reads the database holds up nobody, though there is little room" *
          harness::NeedsRoot()) {
  const Disk disk("7m");
  if (!disk.is_mounted()) return;
  const UnrulyServer server({"--jobs-dir", disk.path(), "--running", "2"});
  CHECK(end_of(server, submitted(server, "nothing")) == "done");
  sqlite3* reader = nullptr;
  REQUIRE(sqlite3_open((disk.path() / "jobs.sqlite").c_str(), &reader) == SQLITE_OK);
  REQUIRE(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM jobs", nullptr, nullptr, nullptr) == SQLITE_OK);
  const Stopwatch watch;
  for (int i = 0; i < 20; ++i) CHECK(end_of(server, submitted(server, "nothing")) == "done");
  CHECK(watch.elapsed() < seconds(5));
  sqlite3_close(reader);
  CHECK(end_of(server, submitted(server, "nothing")) == "done");
}

}  // namespace
}  // namespace end_to_end
