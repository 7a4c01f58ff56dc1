// Jobs whose clients do not wait: submitted, waited for, fetched, cancelled, forgotten.

#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <future>
#include <map>
#include <set>

#include "tests/end_to_end/stored_job.h"
#include "tests/harness/process_table.h"

namespace end_to_end {
namespace {

using harness::TemporaryDirectory;

// Without what differs from one run to the next.
Json without_usage(const HttpResponse& response) {
  auto json = response.json();
  json.erase("usage");
  json.erase("request_id");
  return json;
}

TEST_CASE("a job is accepted at once, told where it is, and its result is what a waiting client gets") {
  const TemporaryDirectory folder;
  const StoringServer server(folder);
  const std::vector<std::pair<std::string, Json>> requests{{"echo", {{"text", "hallo"}}},
                                                           {"fail", {{"code", -5}, {"message", "it broke"}}},
                                                           {"huge_answer", {{"bytes", 300'000}}},
                                                           {"die", {{"signal", 6}}}};
  for (const auto& request : requests) {
    const auto& task = request.first;
    const auto& params = request.second;
    CAPTURE(task);
    HttpClient client(server.port());
    const auto response = submit(client, task, params);
    CHECK(response.status == 202);
    CHECK(response.field("Preference-Applied") == "respond-async");
    const auto id = accepted_id(response);
    CHECK(id.size() == 44);
    CHECK(response.field("Location") == "/jobs/" + id);

    const auto waiting = run_job(server, task, params).response;
    CHECK(end_of(server, id) == (waiting.status == 200 ? "done" : "failed"));
    const auto result = result_of(server, id);
    CHECK(result.status == waiting.status);
    CHECK(result.field("Content-Type") == waiting.field("Content-Type"));
    CHECK(without_usage(result) == without_usage(waiting));
    const auto document = job(server, id);
    CHECK(document["status"] == waiting.status);
    CHECK(document["attempts"] == 1);
    CHECK(document["usage"]["pid"].is_number());
  }
}

TEST_CASE("what is no request for a job is refused before it is stored") {
  const TemporaryDirectory folder;
  const StoringServer server(folder);
  HttpClient client(server.port());
  CHECK(outcome_of(submit(client, "nonsense")) == "404 unknown_task");
  CHECK(outcome_of(submit(client, "sleep", {{"ms", "long"}})) == "422 invalid_params");
  const auto bad = client.request("POST", "/tasks/sleep",
                                  {{"Content-Type", "application/json"}, {"Prefer", "respond-async"}}, "{");
  CHECK(outcome_of(bad) == "400 bad_json");
  CHECK(client.get("/jobs").json()["jobs"].empty());
  for (const auto* path : {"/jobs/0", "/jobs/0/result", "/jobs/0/events"})
    CHECK(outcome_of(client.get(path)) == "404 unknown_job");
  CHECK(outcome_of(client.get("/jobs/0/nonsense")) == "404 unknown_route");
  CHECK(outcome_of(client.request("DELETE", "/jobs/0")) == "404 unknown_job");
  const auto wrong = client.request("POST", "/jobs/0", {{"Content-Type", "application/json"}}, "{}");
  CHECK(outcome_of(wrong) == "405 method_not_allowed");
  CHECK(wrong.field("Allow") == "GET, HEAD, DELETE, OPTIONS");
}

TEST_CASE("without a folder stored jobs are off, and the reply names the flag") {
  const UnrulyServer server;
  HttpClient client(server.port());
  const auto response = submit(client, "nothing");
  CHECK(outcome_of(response) == "501 jobs_off");
  CHECK(response.body.find("--jobs-dir") != std::string::npos);
  CHECK(outcome_of(client.get("/jobs")) == "501 jobs_off");
  CHECK(works(server));
}

TEST_CASE("without --jobs-dir jobs are stored in the first folder of a service manager's STATE_DIRECTORY") {
  const TemporaryDirectory folder;
  const auto state = (folder.path() / "state").string();
  const UnrulyServer server({}, {.environment = {{"STATE_DIRECTORY", state + ":/nowhere"}}});
  CHECK(end_of(server, submitted(server, "nothing")) == "done");
  CHECK(std::filesystem::exists(state + "/jobs.sqlite"));
}

TEST_CASE("a client that would wait a little gets the answer itself, or else where to find it") {
  const TemporaryDirectory folder;
  const StoringServer server(folder, {"--running", "2"});
  HttpClient client(server.port());
  const auto soon = client.post("/tasks/echo", {{"a", 1}}, {{"Prefer", "respond-async, wait=10"}});
  CHECK(soon.status == 200);
  CHECK(soon.json()["result"]["a"] == 1);
  CHECK(soon.field("Preference-Applied") == "respond-async, wait=10");
  CHECK(soon.field("Content-Location").starts_with("/jobs/"));
  const Stopwatch watch;
  const auto late = client.post("/tasks/loop", Json::object(), {{"Prefer", "respond-async, wait=1"}});
  CHECK(watch.elapsed() >= milliseconds(900));
  CHECK(late.status == 202);
  CHECK(late.json()["state"] == "running");
}

TEST_CASE("the result of what is not over is told to be not there yet, and a change can be waited for") {
  const TemporaryDirectory folder;
  const StoringServer server(folder);
  const std::string gate = folder.path() / "gate";
  const auto id = submitted(server, "await_file", {{"path", gate}});
  REQUIRE(becomes(server, id, "running"));
  CHECK(outcome_of(result_of(server, id)) == "409 not_done");
  auto waiting = std::async(std::launch::async, [&] { return end_of(server, id); });
  CHECK(waiting.wait_for(milliseconds(300)) == std::future_status::timeout);
  folder.write("gate", "");
  CHECK(waiting.get() == "done");
}

TEST_CASE("two clients with one Idempotency-Key at once get one job, and another content is refused") {
  const TemporaryDirectory folder;
  const StoringServer server(folder);
  std::set<std::string> ids;
  std::vector<HttpClient> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back(server.port());
    clients.back().send_post("/tasks/echo", {{"a", 1}},
                             {{"Prefer", "respond-async"}, {"Idempotency-Key", "\"same\""}});
  }
  for (auto& client : clients) ids.insert(accepted_id(client.read_response()));
  CHECK(ids.size() == 1);
  CHECK(end_of(server, *ids.begin()) == "done");
  CHECK(submitted(server, "echo", {{"a", 1}}, {{"Idempotency-Key", "\"same\""}}) == *ids.begin());
  CHECK(outcome_of(submit(clients[0], "echo", {{"a", 2}}, {{"Idempotency-Key", "\"same\""}})) ==
        "409 key_reused");
  CHECK(HttpClient(server.port()).get("/jobs").json()["jobs"].size() == 1);
}

TEST_CASE("cancelled, a queued job never runs and a running one is killed; one that is over is forgotten") {
  const TemporaryDirectory folder;
  const StoringServer server(folder, {"--running", "2", "--background", "1"});
  HttpClient client(server.port());
  const auto running = submitted(server, "loop");
  REQUIRE(becomes(server, running, "running"));
  const auto pid = running_cruncher(server);
  const std::string made = folder.path() / "made";
  const auto queued = submitted(server, "touch", {{"path", made}});
  CHECK(job(server, queued)["position"] == 1);
  CHECK(client.request("DELETE", "/jobs/" + queued).json()["state"] == "cancelled");
  const auto answer = client.request("DELETE", "/jobs/" + running);
  CHECK(answer.status == 200);
  CHECK(answer.json()["state"] == "cancelled");
  CHECK(has_no_children(server));
  CHECK(pid > 0);
  CHECK_FALSE(std::filesystem::exists(made));
  CHECK(outcome_of(result_of(server, running)) == "409 no_result");
  CHECK(client.request("DELETE", "/jobs/" + running).status == 204);
  CHECK(outcome_of(client.get("/jobs/" + running)) == "404 unknown_job");
  CHECK(end_of(server, submitted(server, "nothing")) == "done");
}

TEST_CASE("stored jobs leave a slot to those who wait, and run where nobody does") {
  const TemporaryDirectory folder;
  const StoringServer server(folder, {"--running", "3"});
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(submitted(server, "loop"));
  CHECK(eventually(seconds(5), [&] { return harness::crunchers_of(server.pid()).size() == 2; }));
  CHECK(works(server));
  CHECK(state_of(server, ids[0]) == "running");
  CHECK(state_of(server, ids[2]) == "queued");
  CHECK(job(server, ids[4])["position"] == 3);
}

TEST_CASE("the backlog is bounded") {
  const TemporaryDirectory folder;
  const StoringServer server(folder, {"--running", "2", "--backlog", "3"});
  const auto first = submitted(server, "loop");
  REQUIRE(becomes(server, first, "running"));
  HttpClient client(server.port());
  for (int i = 0; i < 3; ++i) CHECK(submit(client, "loop").status == 202);
  const auto refused = submit(client, "loop");
  CHECK(outcome_of(refused) == "503 queue_full");
  CHECK(refused.body.find("--backlog 3") != std::string::npos);
  CHECK(refused.has("Retry-After"));
}

TEST_CASE("what has ended is kept for as long, and as much, as is asked for") {
  const TemporaryDirectory folder;
  const StoringServer server(folder, {"--keep-bytes", "1MiB"});
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    ids.push_back(submitted(server, "huge_answer", {{"bytes", 400'000}}));
    CHECK(end_of(server, ids.back()) == "done");
  }
  HttpClient client(server.port());
  CHECK(eventually(seconds(5), [&] { return client.get("/jobs/" + ids[1]).status == 404; }));
  CHECK(client.get("/jobs/" + ids[0]).status == 404);
  CHECK(result_of(server, ids[3]).status == 200);
}

TEST_CASE("jobs are listed, the newest first, a part at a time") {
  const TemporaryDirectory folder;
  const StoringServer server(folder);
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(submitted(server, i % 2 ? "echo" : "nothing"));
    CHECK(end_of(server, ids.back()) == "done");
  }
  HttpClient client(server.port());
  const auto first = client.get("/jobs?limit=3").json();
  REQUIRE(first["jobs"].size() == 3);
  CHECK(first["jobs"][0]["task"] == "nothing");
  CHECK(first["jobs"][0]["id"].is_null());  // for operators, and for the owner of a key
  const auto rest = client.get("/jobs?limit=3&after=" + first["next"].dump()).json();
  CHECK(rest["jobs"].size() == 2);
  CHECK(rest["next"].is_null());
  CHECK(client.get("/jobs?task=echo").json()["jobs"].size() == 2);
  CHECK(client.get("/jobs?state=failed").json()["jobs"].empty());
  CHECK(outcome_of(client.get("/jobs?state=asleep")) == "422 invalid_params");
  CHECK(outcome_of(client.get("/jobs?limit=0")) == "422 invalid_params");
}

TEST_CASE("a job is its key's alone") {
  const TemporaryDirectory folder;
  folder.write("keys.toml",  // the keys are "a" and "b"
               "ann = \"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb\"\n"
               "bob = \"sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d\"\n");
  const StoringServer server(folder, {"--api-keys", folder.path() / "keys.toml", "--jobs-per-process", "0"});
  HttpClient client(server.port());
  const Fields as_ann{{"Authorization", "Bearer a"}}, as_bob{{"Authorization", "Bearer b"}};
  const auto id = accepted_id(submit(client, "echo", Json::object(), as_ann));
  CHECK(client.get("/jobs/" + id, as_ann).status == 200);
  for (const auto& path : {"/jobs/" + id, "/jobs/" + id + "/result", "/jobs/" + id + "/events"})
    CHECK(outcome_of(client.get(path, as_bob)) == "404 unknown_job");
  CHECK(outcome_of(client.request("DELETE", "/jobs/" + id, as_bob)) == "404 unknown_job");
  CHECK(outcome_of(client.get("/jobs/" + id)) == "401 unauthorized");
  CHECK(client.get("/jobs", as_ann).json()["jobs"][0]["id"] == id);
  CHECK(client.get("/jobs", as_bob).json()["jobs"].empty());
  // Nor has a process that stays the jobs of two keys.
  std::map<std::string, std::set<int>> pids;
  for (int i = 0; i < 6; ++i)
    for (const auto& fields : {as_ann, as_bob}) {
      const auto one = accepted_id(submit(client, "nothing", Json::object(), fields));
      Json document;
      REQUIRE(eventually(seconds(10), [&] {
        document = client.get("/jobs/" + one, fields).json();
        return document["state"] == "done";
      }));
      pids[fields[0].second].insert(document["usage"]["pid"].get<int>());
    }
  for (const auto pid : pids["Bearer a"]) CHECK_FALSE(pids["Bearer b"].contains(pid));
  CHECK(client.get("/metrics").body.find("cruncherd_client_jobs_total{client=\"ann\",outcome=\"ok\"} 7") !=
        std::string::npos);
}

TEST_CASE("no more stored jobs of a key run at once than it may have, after a restart either") {
  const TemporaryDirectory folder;
  folder.write("keys.toml",  // the keys are "a" and "b"
               "ann = \"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb\"\n"
               "[bob]\nrunning = 1\n"
               "key = \"sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d\"\n");
  const std::vector<std::string> flags{"--api-keys", folder.path() / "keys.toml", "--running",
                                       "4",          "--drain-timeout",           "0"};
  const Fields as_ann{{"Authorization", "Bearer a"}}, as_bob{{"Authorization", "Bearer b"}};
  std::string first, second;
  const auto states = [&](HttpClient& client) {
    const auto state_of = [&](const std::string& id) {
      return client.get("/jobs/" + id, as_bob).json()["state"].get<std::string>();
    };
    return state_of(first) + " " + state_of(second);
  };
  {
    StoringServer server(folder, flags);
    HttpClient client(server.port());
    first = accepted_id(submit(client, "loop", Json::object(), as_bob));
    second = accepted_id(submit(client, "loop", Json::object(), as_bob));
    CHECK(eventually(seconds(5), [&] { return states(client) == "running queued"; }));
    // Its slot is free for others: one who came later runs before the second.
    const auto other = accepted_id(submit(client, "loop", Json::object(), as_ann));
    CHECK(eventually(seconds(5),
                     [&] { return client.get("/jobs/" + other, as_ann).json()["state"] == "running"; }));
    CHECK(states(client) == "running queued");
    server.signal(SIGTERM);  // the one that runs goes back to the queue
    REQUIRE(server.wait_for_end(seconds(10)));
  }
  const StoringServer again(folder, flags);
  HttpClient client(again.port());
  CHECK(eventually(seconds(5), [&] { return states(client) == "running queued"; }));
  CHECK(client.request("DELETE", "/jobs/" + first, as_bob).status < 300);
  CHECK(eventually(seconds(5),
                   [&] { return client.get("/jobs/" + second, as_bob).json()["state"] == "running"; }));
}

}  // namespace
}  // namespace end_to_end
