// What a job leaves behind reaches neither the contents of another's nor the disk.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "tests/end_to_end/commands/command_server.h"
#include "tests/end_to_end/stored_job.h"

namespace end_to_end {
namespace {

using harness::TemporaryDirectory;

std::string contents_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_CASE("processes that a job has left do not see the contents of the next ones") {
  const TemporaryDirectory spoils;
  const auto stolen = (spoils.path() / "stolen").string();
  const CommandServer server(
      "[task.show]\nexec = [\"cat\", \"{in}\"]\nin = \"secret\"\n[task.spy]\nexec = \"sh\"\nwrite = [\"" +
          spoils.path().string() + "\"]\n",
      {"--running", "2"});
  const std::string spies = "for i in $(seq 24); do setsid sh -c 'for j in $(seq 3000); do cat secret >> " +
                            stolen + " 2>/dev/null; done' & done; exit 0";
  for (int round = 0; round < 4; ++round) {
    CHECK(server.post("/tasks/spy", spies).status == 200);
    for (int i = 0; i < 5; ++i) CHECK(server.post("/tasks/show", "bob's secret").body == "bob's secret");
  }
  CHECK(contents_of(stolen) == "");
}

TEST_CASE("folders in which a job's processes still write when it has ended are removed all the same") {
  const CommandServer server("[task.litter]\nexec = \"sh\"\n");
  for (int round = 0; round < 3; ++round)
    CHECK(server
              .post("/tasks/litter",
                    "for i in $(seq 24); do setsid sh -c 'for j in $(seq 1000); do mkdir $$-$j; done' & "
                    "done; exit 0")
              .status == 200);
  CHECK(eventually(seconds(20), [&] { return server.job_folders().empty(); }));
}

TEST_CASE("an attempt of a stored job does not change the content of the next one") {
  const TemporaryDirectory folder;
  const auto flag = (folder.path() / "crashed").string();
  const auto config = folder.write("cruncherd.toml", R"(
[task.edit]
exec = ["sh", "-c", """head -c 8 {in}; printf CHANGED! | dd of={in} conv=notrunc 2>/dev/null
if [ ! -e )" + flag + R"( ]; then touch )" + flag + R"(; kill -SEGV $$; fi"""]
in = "content"
retries = 1
write = [")" + folder.path().string() + "\"]\n");
  // On one file system, where the stored file could be given a second name.
  const UnrulyServer server(
      {"--config", config, "--scratch-dir", folder.path(), "--jobs-dir", folder.path() / "jobs"});
  HttpClient client(server.port());
  const auto accepted = client.request("POST", "/tasks/edit", {{"Prefer", "respond-async"}},
                                       "ORIGINAL" + std::string(100'000, 'x'));
  const auto id = accepted_id(accepted);
  CHECK(end_of(server, id) == "done");
  CHECK(job(server, id)["attempts"] == 2);
  CHECK(result_of(server, id).body == "ORIGINAL");
}

TEST_CASE("stored jobs of a task that may have one at once wait for it in their order, and take no slot") {
  const TemporaryDirectory folder;
  const auto config = folder.write(
      "cruncherd.toml", "[task.slow]\nexec = [\"sleep\", \"0.4\"]\nrunning = 1\ntimeout = \"1s\"\n");
  const UnrulyServer server({"--config", config, "--jobs-dir", folder.path() / "jobs", "--running", "3"});
  HttpClient client(server.port());
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i)
    ids.push_back(accepted_id(client.request("POST", "/tasks/slow", {{"Prefer", "respond-async"}})));
  CHECK(end_of(server, submitted(server, "nothing")) == "done");
  CHECK(state_of(server, ids.back()) == "queued");
  CHECK(job(server, ids.back())["position"].get<int>() >= 2);
  const auto stored = client.get("/status").json()["stored"];
  CHECK(stored["running"] == 1);
  CHECK(client.request("DELETE", "/jobs/" + ids[3]).json()["state"] == "cancelled");
  std::string before;
  for (const auto& id : ids) {
    if (id == ids[3]) continue;
    CHECK(end_of(server, id) == "done");
    const auto document = job(server, id);
    CHECK(document["attempts"] == 1);
    CHECK(document["started"].get<std::string>() > before);
    before = document["started"];
  }
  CHECK_FALSE(server.logs("queue_timeout", milliseconds(1)));
}

TEST_CASE("a stored job whose task is taken by somebody who waits begins when that has ended") {
  const TemporaryDirectory folder;
  const auto config = folder.write("cruncherd.toml", "[task.slow]\nexec = [\"sleep\", \"1\"]\nrunning = 1\n");
  const UnrulyServer server({"--config", config, "--jobs-dir", folder.path() / "jobs", "--running", "3"});
  HttpClient client(server.port()), waiting(server.port());
  waiting.send_request("POST", "/tasks/slow");
  REQUIRE(eventually(seconds(5), [&] { return client.get("/status").json()["slots"]["running"] == 1; }));
  const auto id = accepted_id(client.request("POST", "/tasks/slow", {{"Prefer", "respond-async"}}));
  CHECK(state_of(server, id) == "queued");
  CHECK(waiting.read_response().status == 200);
  CHECK(end_of(server, id, seconds(5)) == "done");
}

TEST_CASE("a stored job of a command that streams has the status and the words of one that does not") {
  const TemporaryDirectory folder;
  const auto config =
      folder.write("cruncherd.toml",
                   "[task.sh]\nexec = \"sh\"\nstream = true\nexit = { 3 = 422 }\nanswers = \"text/plain\"\n");
  const UnrulyServer server({"--config", config, "--jobs-dir", folder.path() / "jobs"});
  HttpClient client(server.port());
  const auto stored = [&](const std::string& script) {
    const auto id = accepted_id(client.request("POST", "/tasks/sh", {{"Prefer", "respond-async"}}, script));
    end_of(server, id);
    return result_of(server, id);
  };
  CHECK(stored("echo out; seq 200000 | tail -n 1").body == "out\n200000\n");
  const auto failed = stored("echo out; echo why >&2; exit 3");
  CHECK(outcome_of(failed) == "422 task_failed");
  CHECK(failed.json()["detail"] == "why");
}

}  // namespace
}  // namespace end_to_end
