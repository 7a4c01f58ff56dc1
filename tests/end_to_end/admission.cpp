// Slots and the queue: who runs, who waits, who is refused, and how soon each is told.

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/end_to_end/job.h"
#include "tests/harness/light_route.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

using harness::at_most;

TEST_CASE(
    "of five simultaneous jobs on one slot and one place, one runs, one waits and three are refused at "
    "once") {
  const UnrulyServer server({"--running", "1", "--waiting", "1", "--wait-timeout", "10s"});
  std::vector<std::future<Answer>> jobs;
  for (int i = 0; i < 5; ++i) jobs.push_back(start_job(server, "sleep", {{"ms", 1000}}));
  std::vector<Answer> done, refused;
  for (auto& job : jobs) {
    auto answer = job.get();
    (answer.response.status == 200 ? done : refused).push_back(std::move(answer));
  }
  REQUIRE(done.size() == 2);
  std::sort(done.begin(), done.end(), [](const auto& a, const auto& b) { return a.took < b.took; });
  CHECK(done[0].took < milliseconds(1000) + at_most(milliseconds(300)));
  CHECK(done[1].took >= milliseconds(1950));
  CHECK(done[1].response.json().at("usage").at("wait_ms").get<double>() > 900);
  REQUIRE(refused.size() == 3);
  for (const auto& answer : refused) {
    CHECK(outcome_of(answer) == "503 queue_full");
    CHECK(answer.took < at_most(milliseconds(50)));
    CHECK(std::stoi("0" + std::string(answer.response.field("Retry-After"))) >= 1);
  }
}

TEST_CASE("waiting jobs are served first come, first served, and a newcomer does not overtake them") {
  const harness::TemporaryDirectory directory;
  const std::string gate = directory.path() / "gate";
  const UnrulyServer server({"--running", "1", "--waiting", "10", "--wait-timeout", "20s"});
  auto running = start_job(server, "await_file", {{"path", gate}});
  running_cruncher(server);
  std::vector<std::future<Answer>> waiting;
  for (int i = 0; i < 5; ++i) {
    waiting.push_back(start_job(server, "sleep", {{"ms", 30}}));
    std::this_thread::sleep_for(milliseconds(10));  // apart enough to arrive in this order
  }
  directory.write("gate", "");
  CHECK(outcome_of(running.get()) == "200");
  milliseconds previous{0};
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const auto answer = waiting[i].get();
    REQUIRE(outcome_of(answer) == "200");
    // Each was sent 10 ms after the one before it and finishes at least 30 ms after it.
    CHECK(answer.took >= previous + milliseconds(10));
    previous = answer.took;
  }
}

TEST_CASE("a job that waits too long for a slot is told to come again") {
  const UnrulyServer server(
      {"--running", "1", "--waiting", "5", "--wait-timeout", "300ms", "--timeout", "20s"});
  auto running = start_job(server, "sleep", {{"ms", 2000}});
  running_cruncher(server);
  const auto answer = run_job(server, "echo");
  CHECK(outcome_of(answer) == "503 queue_timeout");
  CHECK(answer.response.has("Retry-After"));
  CHECK(answer.took >= milliseconds(290));
  CHECK(answer.took < milliseconds(300) + at_most(milliseconds(200)));
  CHECK_FALSE(answer.response.json().contains("usage"));
  CHECK(outcome_of(running.get()) == "200");
}

TEST_CASE("a deadline that passes in the queue is a deadline all the same, and no process was used") {
  const UnrulyServer server(
      {"--running", "1", "--waiting", "5", "--wait-timeout", "20s", "--timeout", "20s"});
  auto running = start_job(server, "sleep", {{"ms", 2500}});
  running_cruncher(server);
  const auto answer = run_job(server, "echo", Json::object(), {{"Prefer", "wait=1"}});
  CHECK(answer.response.status >= 503);
  CHECK(answer.took >= milliseconds(950));
  CHECK(answer.took < milliseconds(1000) + at_most(milliseconds(200)));
  CHECK_FALSE(answer.response.json().contains("usage"));
  CHECK(outcome_of(running.get()) == "200");
}

TEST_CASE("Prefer: wait shortens a deadline and never lengthens it") {
  const UnrulyServer server({"--timeout", "2s", "--kill-grace", "100ms"});
  const auto shortened = run_job(server, "sleep", {{"ms", 10'000}}, {{"Prefer", "wait=1"}});
  CHECK(outcome_of(shortened) == "504 deadline_exceeded");
  CHECK(shortened.took >= milliseconds(950));
  CHECK(shortened.took < milliseconds(1000) + at_most(milliseconds(200)));
  const auto not_lengthened =
      run_job(server, "sleep", {{"ms", 10'000}}, {{"Prefer", "handling=lenient, wait=60"}});
  CHECK(outcome_of(not_lengthened) == "504 deadline_exceeded");
  CHECK(not_lengthened.took < milliseconds(2000) + at_most(milliseconds(200)));
}

TEST_CASE("eighty busy connections of one client do not keep another client from its small jobs") {
  const UnrulyServer server({"--running", "2", "--waiting", "64"});
  constexpr milliseconds kJob{300};
  std::atomic<bool> stop{false};
  std::vector<std::thread> greedy;
  for (int i = 0; i < 80; ++i) {
    greedy.emplace_back([&] {
      for (int job = 0; job < 100 && !stop; ++job) {
        HttpClient client(server.port());
        if (client.post("/tasks/sleep", {{"ms", kJob.count()}}).status != 200)
          std::this_thread::sleep_for(milliseconds(20));
      }
    });
  }
  HttpClient other = HttpClient::from("127.0.0.2", server.port());
  const bool full = eventually(seconds(10), [&] { return other.get("/readyz").status == 503; });
  harness::LightRoute light(server.port());
  std::vector<std::string> outcomes;
  std::vector<double> waits_ms;
  for (int job = 0; job < 20; ++job) {
    const auto response = other.post("/tasks/nothing", Json::object());
    outcomes.push_back(outcome_of(response));
    if (response.status == 200) waits_ms.push_back(response.json().at("usage").at("wait_ms").get<double>());
  }
  const auto light_ms = light.p99_ms();
  stop = true;
  for (auto& thread : greedy) thread.join();
  CHECK(full);
  CHECK(light_ms < harness::light_p99_bound_ms());
  CHECK(std::count(outcomes.begin(), outcomes.end(), "200") == 20);
  REQUIRE_FALSE(waits_ms.empty());
  CHECK(*std::max_element(waits_ms.begin(), waits_ms.end()) <
        1.5 * static_cast<double>(kJob.count()) + static_cast<double>(at_most(milliseconds(100)).count()));
}

TEST_CASE("the server is ready while it can take a job, and alive all the time") {
  const harness::TemporaryDirectory directory;
  const std::string gate = directory.path() / "gate";
  const UnrulyServer server({"--running", "1", "--waiting", "1", "--wait-timeout", "20s"});
  HttpClient client(server.port());
  CHECK(client.get("/readyz").status == 200);
  auto running = start_job(server, "await_file", {{"path", gate}});
  running_cruncher(server);
  CHECK(client.get("/readyz").status == 200);
  auto waiting = start_job(server, "nothing");
  CHECK(eventually(seconds(5), [&] { return client.get("/readyz").status == 503; }));
  CHECK(client.get("/healthz").status == 200);
  directory.write("gate", "");
  CHECK(outcome_of(running.get()) == "200");
  CHECK(outcome_of(waiting.get()) == "200");
  CHECK(eventually(seconds(5), [&] { return client.get("/readyz").status == 200; }));
}

TEST_CASE("with no place to wait, whoever finds no slot is refused") {
  const UnrulyServer server({"--running", "1", "--waiting", "0"});
  auto running = start_job(server, "sleep", {{"ms", 500}});
  running_cruncher(server);
  CHECK(outcome_of(run_job(server, "nothing")) == "503 queue_full");
  CHECK(outcome_of(running.get()) == "200");
  CHECK(works(server));
}

TEST_CASE("with no place to wait, a client that has its answer is not refused for its own last job's sake") {
  const UnrulyServer server({"--running", "1", "--waiting", "0"});
  HttpClient client(server.port());
  for (const int ms : {0, 12}) {
    for (int job = 0; job < 50; ++job) {
      CAPTURE(ms);
      CAPTURE(job);
      REQUIRE(outcome_of(client.post("/tasks/sleep", {{"ms", ms}})) == "200");
    }
  }
}

TEST_CASE("a full server refuses before the content is sent, and whatever it is") {
  const UnrulyServer server({"--running", "1", "--waiting", "0"});
  auto running = start_job(server, "sleep", {{"ms", 1000}});
  running_cruncher(server);
  HttpClient asks_first(server.port());
  asks_first.send(
      "POST /tasks/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
      "Expect: 100-continue\r\n\r\n");
  CHECK(outcome_of(asks_first.read_response()) == "503 queue_full");
  CHECK(asks_first.closed_by_server());
  HttpClient sends_no_json(server.port());
  const auto refused =
      sends_no_json.request("POST", "/tasks/echo", {{"Content-Type", "application/json"}}, "{");
  CHECK(outcome_of(refused) == "503 queue_full");
  CHECK(refused.has("Retry-After"));
  CHECK(outcome_of(running.get()) == "200");
  CHECK(outcome_of(sends_no_json.request("POST", "/tasks/echo", {{"Content-Type", "application/json"}},
                                         "{")) == "400 bad_json");
}

}  // namespace
}  // namespace end_to_end
