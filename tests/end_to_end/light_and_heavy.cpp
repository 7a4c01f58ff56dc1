// The point of it all: work on the event loop makes everybody wait, work in a cruncher nobody.

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tests/end_to_end/job.h"
#include "tests/harness/process_table.h"

namespace end_to_end {
namespace {

using harness::at_most;

std::future<Answer> start_get(const RunningServer& server, const std::string& target) {
  HttpClient client(server.port(), seconds(60));
  const Stopwatch watch;
  client.send_request("GET", target);
  return std::async(std::launch::async, [client = std::move(client), watch]() mutable {
    HttpResponse response = client.read_response();
    return Answer{std::move(response), watch.elapsed()};
  });
}

milliseconds slowest_of(const RunningServer& server, int requests) {
  HttpClient client(server.port());
  milliseconds slowest{0};
  for (int i = 0; i < requests; ++i) {
    const Stopwatch watch;
    REQUIRE(client.get("/").status == 200);
    slowest = std::max(slowest, watch.elapsed());
    std::this_thread::sleep_for(milliseconds(5));
  }
  return slowest;
}

TEST_CASE("a busy loop on the event loop makes the light route wait for it") {
  const RunningServer server({"--blocking-route", "on"});
  auto blocking = start_get(server, "/blocking?CPUTimeMs=3000");
  std::this_thread::sleep_for(milliseconds(100));  // once it blocks, nothing of it can be seen from outside
  auto light = start_get(server, "/");
  CHECK(outcome_of(light.get()) == "200");
  const auto answer = blocking.get();
  CHECK(outcome_of(answer) == "200");
  CHECK(answer.took >= milliseconds(3000));
}

TEST_CASE("a light request behind a blocking one takes as long as that does") {
  const RunningServer server({"--blocking-route", "on"});
  auto blocking = start_get(server, "/blocking?CPUTimeMs=1500");
  std::this_thread::sleep_for(milliseconds(100));
  CHECK(start_get(server, "/").get().took >= milliseconds(1200));
  CHECK(outcome_of(blocking.get()) == "200");
}

TEST_CASE(
    "two busy loops in crunchers leave the light route fast, and are separate processes of the server") {
  const RunningServer server({"--running", "2", "--spares", "2"});
  const auto children_before = harness::crunchers_of(server.pid()).size();
  auto first = start_get(server, "/non-blocking?CPUTimeMs=3000");
  auto second = start_get(server, "/non-blocking?CPUTimeMs=3000");
  CHECK(slowest_of(server, 200) < at_most(milliseconds(50)));

  std::set<pid_t> at_work;
  for (auto* job : {&first, &second}) {
    REQUIRE(job->wait_for(milliseconds(0)) == std::future_status::timeout);
  }
  for (const auto& child : harness::crunchers_of(server.pid())) {
    CHECK(child.parent == server.pid());
    if (child.cpu_time > milliseconds(100)) at_work.insert(child.pid);
  }
  CHECK(at_work.size() == 2);
  for (auto* job : {&first, &second}) {
    const auto answer = job->get();
    REQUIRE(outcome_of(answer) == "200");
    CHECK(at_work.count(answer.response.json().at("usage").at("pid")) == 1);
  }
  for (const pid_t pid : at_work) CHECK(eventually(seconds(2), [&] { return harness::is_gone(pid); }));
  CHECK(
      eventually(seconds(5), [&] { return harness::crunchers_of(server.pid()).size() == children_before; }));
}

TEST_CASE("the same work on a thread of the server keeps the light route going too, without a process") {
  const RunningServer server({"--spares", "0"});
  auto heavy = start_get(server, "/non-blocking?CPUTimeMs=1000&via=thread");
  std::this_thread::sleep_for(milliseconds(100));
  CHECK(harness::crunchers_of(server.pid()).empty());
  CHECK(HttpClient(server.port()).get("/").status == 200);
  CHECK(heavy.wait_for(milliseconds(0)) == std::future_status::timeout);
  CHECK(outcome_of(heavy.get()) == "200");
}

TEST_CASE(
    "the blocking route is closed where others than this machine can reach it, unless it is asked for") {
  {
    const RunningServer server({"--host", "0.0.0.0"});
    const auto response = HttpClient(server.port()).get("/blocking?CPUTimeMs=1");
    CHECK(response.status >= 400);
    CHECK(response.status < 500);
  }
  const RunningServer server({"--host", "0.0.0.0", "--blocking-route", "on"});
  CHECK(HttpClient(server.port()).get("/blocking?CPUTimeMs=1").status == 200);
}

TEST_CASE("the blocking route is closed unless it is asked for, on loopback as well") {
  const RunningServer server;
  const auto response = HttpClient(server.port()).get("/blocking?CPUTimeMs=1");
  CHECK(outcome_of(response) == "403 blocking_route_off");
}

TEST_CASE("/demo is there only where /blocking does its work") {
  const RunningServer blocking({"--blocking-route", "on"});
  const RunningServer plain;
  HttpClient with(blocking.port()), without(plain.port());
  const auto page = with.get("/demo");
  CHECK(page.status == 200);
  CHECK(page.field("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.field("Content-Security-Policy").find("default-src 'none'") == 0);
  CHECK(page.field("Content-Security-Policy") != with.get("/dashboard").field("Content-Security-Policy"));
  CHECK(with.get("/").json().at("routes").contains("GET /demo"));
  CHECK(outcome_of(without.get("/demo")) == "404 unknown_route");
  CHECK_FALSE(without.get("/").json().at("routes").contains("GET /demo"));
}

TEST_CASE("a busy loop on the event loop ends when its client leaves") {
  const RunningServer server({"--blocking-route", "on"});
  for (int i = 0; i < 5; ++i) {
    HttpClient client(server.port());
    client.send_request("GET", "/blocking?CPUTimeMs=3000");
    std::this_thread::sleep_for(milliseconds(100));
    i % 2 ? client.reset() : client.close();
  }
  const auto answer = start_get(server, "/").get();
  CHECK(outcome_of(answer) == "200");
  CHECK(answer.took < at_most(milliseconds(300)));
}

TEST_CASE("a busy loop on the event loop ends when the server is asked to") {
  RunningServer server({"--blocking-route", "on"});
  auto blocking = start_get(server, "/blocking?CPUTimeMs=20000");
  std::this_thread::sleep_for(milliseconds(200));  // once it blocks, nothing of it can be seen from outside
  CHECK(server.stop(at_most(seconds(2))) == 0);
  const auto response = blocking.get().response;
  CHECK(response.status == 200);
  CHECK(response.json().at("result").at("CPUTimeMs") < 5000);
}

TEST_CASE("CPUTimeMs is checked before anything is burnt") {
  const RunningServer server({"--blocking-route", "on"});
  HttpClient client(server.port());
  for (const auto* route : {"/blocking", "/non-blocking"}) {
    for (const auto* query :
         {"?CPUTimeMs=-1", "?CPUTimeMs=x", "?CPUTimeMs=99999999", "?CPUTimeMs=1.5", "?CPUTimeMs="}) {
      CAPTURE(std::string(route));
      CAPTURE(std::string(query));
      const Stopwatch watch;
      CHECK(outcome_of(client.get(std::string(route) + query)) == "422 invalid_params");
      CHECK(watch.elapsed() < seconds(2));
    }
  }
}

TEST_CASE("a job over its deadline is answered with 504 and its process is dead") {
  const RunningServer server({"--timeout", "1s", "--spares", "0"});
  auto job = start_job(server, "spin", {{"CPUTimeMs", 10'000}});
  const pid_t pid = running_cruncher(server);
  const auto answer = job.get();
  CHECK(outcome_of(answer) == "504 deadline_exceeded");
  CHECK(answer.took >= milliseconds(950));
  CHECK(answer.took < milliseconds(1000) + at_most(milliseconds(100)));
  CHECK(eventually(seconds(1), [&] { return harness::is_gone(pid); }));
}

TEST_CASE("a catastrophic pattern dies at its deadline and harms nobody") {
  const RunningServer server({"--timeout", "1s", "--running", "1"});
  const auto catalogue = HttpClient(server.port()).get("/tasks/regex_match").json();
  CAPTURE(catalogue.dump());
  const auto answer =
      run_job(server, "regex_match", {{"pattern", "(a+)+$"}, {"text", std::string(60, 'a') + "b"}});
  CHECK(answer.response.status >= 500);
  CHECK(answer.took < milliseconds(1000) + at_most(milliseconds(200)));
  CHECK(outcome_of(run_job(server, "primes", {{"limit", 1'000'000}})) == "200");
}

}  // namespace
}  // namespace end_to_end
