// Who asks: keys, their terms, and addresses behind a proxy, on a real server.

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>

#include <map>
#include <set>
#include <vector>

#include "tests/end_to_end/job.h"
#include "tests/harness/command.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

struct Key {
  std::string key, line;
};

Key make_key(const std::string& name) {
  const auto made = harness::run_command({harness::cruncherd_path(), "--make-key", name});
  REQUIRE(made.exit_code == 0);
  const auto end = made.out.find('\n');
  return {made.out.substr(0, end), made.out.substr(end + 1)};
}

Fields bearer(const Key& key) {
  return {{"Authorization", "Bearer " + key.key}};
}

// A file of keys that only its owner reads.
std::string write_keys(const harness::TemporaryDirectory& directory, const std::string& text) {
  const auto path = directory.write("keys", text);
  ::chmod(path.c_str(), 0600);
  return path;
}

TEST_CASE("with --api-keys heavy routes want a key, and light ones do not") {
  const harness::TemporaryDirectory directory;
  const auto alice = make_key("alice");
  const UnrulyServer server(
      {"--api-keys", write_keys(directory, alice.line), "--blocking-route", "on", "--log-format", "json"});
  CHECK(outcome_of(run_job(server, "echo", {{"a", 1}}, bearer(alice))) == "200");
  for (const auto& fields :
       {Fields{}, Fields{{"Authorization", "Bearer x"}}, Fields{{"Authorization", "Bearer "}},
        Fields{{"Authorization", "Bearer " + alice.key + "x"}},
        Fields{{"Authorization", "Basic " + alice.key}}}) {
    const auto answer = run_job(server, "echo", {{"a", 1}}, fields);
    CHECK(outcome_of(answer) == "401 unauthorized");
    CHECK(answer.response.field("WWW-Authenticate").starts_with("Bearer realm="));
  }
  HttpClient client(server.port());
  CHECK(client.get("/non-blocking?CPUTimeMs=1").status == 401);
  CHECK(client.get("/blocking?CPUTimeMs=1").status == 401);
  CHECK(client.get("/blocking?CPUTimeMs=1", {{"authorization", "bearer " + alice.key}}).status == 200);
  for (const auto* light : {"/", "/tasks", "/healthz", "/openapi.json"})
    CHECK(client.get(light).status == 200);
  CHECK(server.logs("\"client\":\"alice\""));
  CHECK(server.log().find(alice.key) == std::string::npos);
  const auto figures = client.get("/metrics").body;
  CHECK(figures.find("cruncherd_client_jobs_total{client=\"alice\",outcome=\"ok\"} 1") != std::string::npos);
  CHECK(figures.find("cruncherd_client_cpu_seconds_total{client=\"alice\"}") != std::string::npos);
}

TEST_CASE("a key's terms hold: jobs beyond its own are refused, those of others are not") {
  const harness::TemporaryDirectory directory;
  const auto alice = make_key("alice"), bob = make_key("bob");
  auto terms = alice.line.substr(alice.line.find('"'));
  terms = terms.substr(0, terms.find('\n'));
  const auto keys = "[alice]\nkey = " + terms +
                    "\nrunning = 1\nwaiting = 0\n[bob]\nkey = " + bob.line.substr(bob.line.find('"'));
  const UnrulyServer server({"--running", "2", "--api-keys", write_keys(directory, keys)});
  auto first = start_job(server, "sleep", {{"ms", 20'000}}, bearer(alice));
  running_cruncher(server);
  const auto second = run_job(server, "echo", {{"a", 1}}, bearer(alice));
  CHECK(outcome_of(second) == "503 queue_full");
  CHECK(second.response.json().value("detail", "").find("'alice'") != std::string::npos);
  CHECK(outcome_of(run_job(server, "echo", {{"a", 1}}, bearer(bob))) == "200");
  server.signal(SIGKILL);
  CHECK_THROWS(first.get());
}

TEST_CASE("SIGHUP rereads the keys; a bad file keeps the old ones and says so") {
  const harness::TemporaryDirectory directory;
  const auto alice = make_key("alice"), bob = make_key("bob");
  const auto file = write_keys(directory, alice.line);
  const UnrulyServer server({"--api-keys", file});
  CHECK(outcome_of(run_job(server, "echo", {{"a", 1}}, bearer(bob))) == "401 unauthorized");
  write_keys(directory, alice.line + "bob = \"nonsense\"\n");
  server.signal(SIGHUP);
  REQUIRE(server.logs("the keys of before stay in force"));
  CHECK(server.log().find(file + ":2:") != std::string::npos);
  CHECK(outcome_of(run_job(server, "echo", {{"a", 1}}, bearer(alice))) == "200");
  write_keys(directory, bob.line);
  server.signal(SIGHUP);
  REQUIRE(server.logs("1 keys are in force"));
  CHECK(outcome_of(run_job(server, "echo", {{"a", 1}}, bearer(alice))) == "401 unauthorized");
  CHECK(outcome_of(run_job(server, "echo", {{"a", 1}}, bearer(bob))) == "200");
}

TEST_CASE("a process that stays serves the jobs of one key only") {
  const harness::TemporaryDirectory directory;
  const auto alice = make_key("alice"), bob = make_key("bob");
  const UnrulyServer server({"--api-keys", write_keys(directory, alice.line + bob.line), "--running", "2",
                             "--spares", "0", "--jobs-per-process", "0", "--env", "UNRULY_SERVES_MANY=1"});
  std::map<std::string, std::set<long>> pids;
  for (int round = 0; round < 5; ++round)
    for (const auto& [name, key] : {std::pair("alice", alice), std::pair("bob", bob)}) {
      const auto answer = run_job(server, "count_calls", Json::object(), bearer(key));
      REQUIRE(outcome_of(answer) == "200");
      CHECK(answer.response.json().at("result").at("calls") == round + 1);
      pids[name].insert(answer.response.json().at("usage").at("pid").get<long>());
    }
  REQUIRE(pids["alice"].size() == 1);
  REQUIRE(pids["bob"].size() == 1);
  CHECK(pids["alice"] != pids["bob"]);
}

TEST_CASE("a file of keys that everybody can read is told, and a bad one ends the start") {
  const harness::TemporaryDirectory directory;
  const auto file = write_keys(directory, make_key("alice").line);
  ::chmod(file.c_str(), 0644);
  const UnrulyServer server({"--api-keys", file});
  CHECK(server.logs("can be read by everybody"));
  for (const auto& bad : {directory.write("bad", "alice = 1\n"), std::string("/nowhere/keys")}) {
    const auto refused = harness::run_command({harness::cruncherd_path(), "--port", "0", "--api-keys", bad});
    CHECK(refused.exit_code == 2);
    CHECK(refused.err.find("--api-keys: " + bad) != std::string::npos);
  }
}

TEST_CASE("--make-key refuses a name that cannot stand in a log or a file") {
  const auto refused = harness::run_command({harness::cruncherd_path(), "--make-key", "a b"});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("--make-key: 'a b' must be") != std::string::npos);
}

TEST_CASE("behind a trusted proxy each client has its own line of the queue, and its address is in the log") {
  const UnrulyServer server({"--running", "1", "--waiting", "2", "--trusted-proxy", "127.0.0.1"});
  const auto of = [](const char* address) {
    return Fields{{"X-Forwarded-For", address}, {"Prefer", "wait=20"}};
  };
  std::vector<std::future<Answer>> greedy;
  for (int i = 0; i < 3; ++i) greedy.push_back(start_job(server, "sleep", {{"ms", 1000}}, of("203.0.113.1")));
  HttpClient watcher(server.port());
  REQUIRE(
      eventually(seconds(5), [&] { return watcher.get("/status").json().at("queue").at("waiting") == 2; }));
  CHECK(outcome_of(run_job(server, "echo", {{"a", 1}}, of("203.0.113.2"))) == "200");
  CHECK(server.logs("peer=203.0.113.2"));
  std::map<std::string, int> outcomes;
  for (auto& one : greedy) ++outcomes[outcome_of(one.get())];
  CHECK(outcomes == std::map<std::string, int>{{"200", 2}, {"503 queue_full", 1}});
}

TEST_CASE("nobody else's word for an address is taken") {
  const UnrulyServer server({"--trusted-proxy", "192.0.2.0/24"});
  CHECK(HttpClient(server.port()).get("/", {{"X-Forwarded-For", "203.0.113.2"}}).status == 200);
  CHECK(server.logs("peer=127.0.0.1"));
  CHECK(server.log().find("203.0.113.2") == std::string::npos);
  const auto refused =
      harness::run_command({harness::cruncherd_path(), "--port", "0", "--trusted-proxy", "10.0/8"});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("--trusted-proxy: '10.0/8'") != std::string::npos);
}

}  // namespace
}  // namespace end_to_end
