// What comes of stored jobs: parts of their results, other attempts, the bytes of commands, lines of stderr.

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>

#include "tests/end_to_end/stored_job.h"

namespace end_to_end {
namespace {

using harness::TemporaryDirectory;

TEST_CASE("parts of a result can be asked for, long or short, and its head") {
  const TemporaryDirectory folder;
  const StoringServer server(folder);
  for (const int bytes : {100, 200'000}) {
    CAPTURE(bytes);
    const auto id = submitted(server, "huge_answer", {{"bytes", bytes}});
    REQUIRE(end_of(server, id) == "done");
    const auto whole = result_of(server, id);
    CHECK(whole.field("Accept-Ranges") == "bytes");
    CHECK(whole.field("ETag") == "\"" + id + "\"");
    const auto size = whole.body.size();
    const auto part = result_of(server, id, {{"Range", "bytes=10-19"}});
    CHECK(part.status == 206);
    CHECK(part.body == whole.body.substr(10, 10));
    CHECK(part.field("Content-Range") == "bytes 10-19/" + std::to_string(size));
    CHECK(result_of(server, id, {{"Range", "bytes=-7"}}).body == whole.body.substr(size - 7));
    CHECK(result_of(server, id, {{"Range", "bytes=5-"}}).body == whole.body.substr(5));
    const auto beyond = result_of(server, id, {{"Range", "bytes=" + std::to_string(size) + "-"}});
    CHECK(outcome_of(beyond) == "416 no_such_range");
    CHECK(beyond.field("Content-Range") == "bytes */" + std::to_string(size));
    CHECK(result_of(server, id, {{"Range", "bytes=1-2"}, {"If-Range", "\"other\""}}).status == 200);
    const std::string tag(result_of(server, id).field("ETag"));
    const auto known = result_of(server, id, {{"If-None-Match", "\"other\", " + tag}});
    CHECK(known.status == 304);
    CHECK(known.field("ETag") == tag);
    CHECK(known.body.empty());
    CHECK(result_of(server, id, {{"If-None-Match", "\"other\""}}).status == 200);
    CHECK(result_of(server, id, {{"If-Match", tag}}).status == 200);
    CHECK(outcome_of(result_of(server, id, {{"If-Match", "\"other\""}})) == "412 precondition_failed");
    HttpClient client(server.port());
    client.send_request("HEAD", "/jobs/" + id + "/result");
    const auto head = client.read_response(true);
    CHECK(head.field("Content-Length") == std::to_string(size));
  }
}

TEST_CASE("a job that can begin at once takes two commits: it is stored as running, and with its end") {
  const TemporaryDirectory folder;
  const StoringServer server(folder, {"--running", "2"});
  // Asks no store: it would answer in a group of its own.
  const auto figure = [&](const std::string& name) {
    const auto metrics = HttpClient(server.port()).get("/metrics").body;
    return std::stoi(metrics.substr(metrics.find("\n" + name + " ") + name.size() + 2));
  };
  const auto do_one = [&](int done) {
    submitted(server, "nothing");
    REQUIRE(eventually(seconds(5), [&] { return figure("cruncherd_stored_jobs{state=\"done\"}") == done; }));
  };
  do_one(1);
  const auto before = figure("cruncherd_store_commit_seconds_count");
  for (int done = 2; done <= 6; ++done) do_one(done);
  CHECK(figure("cruncherd_store_commit_seconds_count") - before == 2 * 5);
}

TEST_CASE("a crash is tried again as often as the configuration says, and an error of the task is not") {
  const TemporaryDirectory folder;
  const StoringServer server(folder, {"--retries", "2"});
  const auto crashed = submitted(server, "die", {{"signal", 11}});
  CHECK(end_of(server, crashed) == "failed");
  CHECK(job(server, crashed)["attempts"] == 3);
  CHECK(job(server, crashed)["reason"] == "crashed");
  const auto failed = submitted(server, "fail", {{"code", 1}, {"message", "no"}});
  CHECK(end_of(server, failed) == "failed");
  CHECK(job(server, failed)["attempts"] == 1);
}

TEST_CASE("commands are stored as well: bytes in, bytes out, long or short, as they come or not") {
  const TemporaryDirectory folder;
  const std::string config =
      folder.write("config.toml",
                   "[task.copy]\nexec = [\"cat\"]\nmax_body = \"10MiB\"\nanswers = \"text/plain\"\n"
                   "[task.flow]\nexec = [\"cat\"]\nmax_body = \"10MiB\"\nstream = true\n"
                   "[task.first]\nexec = [\"head\", \"-c\", \"{n}\"]\n"
                   "params.n = { type = \"integer\" }\n"
                   "[task.wrong]\nexec = [\"false\"]\n");
  const StoringServer server(folder, {"--config", config});
  HttpClient client(server.port());
  for (const auto* task : {"copy", "flow"})
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1000}, std::size_t{100'000}, std::size_t{3'000'000}}) {
      CAPTURE(task);
      CAPTURE(size);
      const std::string content(size, 'c');
      const auto id = accepted_id(
          client.request("POST", std::string("/tasks/") + task, {{"Prefer", "respond-async"}}, content));
      CHECK(end_of(server, id) == "done");
      const auto result = result_of(server, id);
      CHECK(result.status == 200);
      CHECK(result.body == content);
      CHECK((result.field("Content-Type") == "text/plain") == (std::string(task) == "copy"));
    }
  const auto first =
      accepted_id(client.request("POST", "/tasks/first?n=3", {{"Prefer", "respond-async"}}, "abcdef"));
  CHECK(end_of(server, first) == "done");
  CHECK(result_of(server, first).body == "abc");
  CHECK(outcome_of(client.request("POST", "/tasks/first?n=x", {{"Prefer", "respond-async"}}, "abc")) ==
        "422 invalid_params");
  const auto wrong = accepted_id(client.request("POST", "/tasks/wrong", {{"Prefer", "respond-async"}}));
  CHECK(end_of(server, wrong) == "failed");
  CHECK(outcome_of(result_of(server, wrong)) == "500 task_failed");
}
TEST_CASE("the stderr of a stored job is in the log line by line while it runs, with its levels") {
  const TemporaryDirectory folder;
  const std::string config =
      folder.write("config.toml",
                   "[task.say]\nexec = [\"sh\", \"-c\", \"echo '<3>bad' >&2; echo plain >&2; sleep 60\"]\n");
  const StoringServer server(folder, {"--config", config});
  HttpClient client(server.port());
  const auto id = accepted_id(client.request("POST", "/tasks/say", {{"Prefer", "respond-async"}}));
  CHECK(server.logs("error stderr id=" + id + " text=\"bad\""));
  CHECK(server.logs("warn stderr id=" + id + " text=\"plain\""));
  CHECK(state_of(server, id) == "running");
}

TEST_CASE("so it is while its client waits, or is told its events, and nothing is told twice") {
  const TemporaryDirectory folder;
  const auto gate = folder.path() / "gate";
  const std::string script =
      "echo '<3>bad' >&2; printf plain >&2; until [ -e " + gate.string() + " ]; do sleep 0.05; done";
  const std::string config =
      folder.write("config.toml", "[task.say]\nexec = [\"sh\", \"-c\", \"" + script + "\"]\n");
  const StoringServer server(folder, {"--config", config});
  for (const std::string accept : {"*/*", "text/event-stream"}) {
    CAPTURE(accept);
    std::filesystem::remove(gate);
    const auto id = "waits-for-" + accept.substr(0, 1 + 3 * (accept != "*/*"));
    HttpClient client(server.port());
    client.send_request("POST", "/tasks/say", {{"Accept", accept}, {"X-Request-Id", id}});
    CHECK(server.logs("error stderr id=" + id + " text=\"bad\""));  // it runs still
    CHECK_FALSE(server.logs("stderr id=" + id + " text=\"plain\"", std::chrono::milliseconds(0)));
    folder.write("gate", "");
    CHECK(client.read_response().status == 200);
    CHECK(server.logs("warn stderr id=" + id + " text=\"plain\""));
    CHECK(server.logs("request id=" + id));
    CHECK(server.log().find("<3>bad") == std::string::npos);
  }
}

}  // namespace
}  // namespace end_to_end
