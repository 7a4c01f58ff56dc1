// How a cruncher may end without a usable answer: by a signal, by an exit, at its deadline only.

#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

#include "tests/end_to_end/job.h"
#include "tests/harness/needs_root.h"
#include "tests/harness/process_table.h"

namespace end_to_end {
namespace {

using harness::at_most;
using harness::is_dead;
using harness::is_gone;

constexpr milliseconds kGrace{300};

// proc(5): the signals that a process ignores, as a mask in hex.
bool ignores_term(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  constexpr std::string_view name = "SigIgn:";
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name))
      return std::stoull(line.substr(name.size()), nullptr, 16) >> (SIGTERM - 1) & 1;
  return false;
}

TEST_CASE("a cruncher that dies by a signal costs its own job a 502 that names the signal") {
  const UnrulyServer server;
  const struct {
    int number;
    std::string name;
  } signals[] = {{SIGSEGV, "SIGSEGV"},
                 {SIGABRT, "SIGABRT"},
                 {SIGBUS, "SIGBUS"},
                 {SIGFPE, "SIGFPE"},
                 {SIGTERM, "SIGTERM"}};
  for (const auto& signal : signals) {
    CAPTURE(signal.name);
    const auto answer = run_job(server, "die", {{"signal", signal.number}});
    CHECK(outcome_of(answer) == "502 crashed");
    const auto problem = answer.response.json();
    CHECK(problem.value("signal", "") == signal.name);
    CHECK(problem.at("usage").at("pid").get<pid_t>() > 1);
    CHECK(works(server));
  }
  CHECK(has_no_children(server));
}

TEST_CASE("a SIGKILL that the server did not send reads as the kernel's, out of memory") {
  const UnrulyServer server;
  const auto answer = run_job(server, "die", {{"signal", SIGKILL}});
  CHECK(outcome_of(answer) == "502 memory_limit");
  CHECK(works(server));
}

TEST_CASE("a SIGXCPU is the CPU limit's where there is one, and the cruncher's own end where there is none") {
  CHECK(outcome_of(run_job(UnrulyServer({"--cpu", "1h"}), "die", {{"signal", SIGXCPU}})) == "504 cpu_limit");
  const UnrulyServer server({"--cpu", "0"});
  const auto answer = run_job(server, "die", {{"signal", SIGXCPU}});
  CHECK(outcome_of(answer) == "502 crashed");
  CHECK(answer.response.json().value("signal", "") == "SIGXCPU");
  CHECK(works(server));
}

TEST_CASE("a cruncher that exits without an answer costs its own job a 502 that names the code") {
  const UnrulyServer server;
  for (const int code : {0, 3, 77}) {
    CAPTURE(code);
    const auto answer = run_job(server, "quit", {{"code", code}});
    CHECK(outcome_of(answer) == "502 crashed");
    CHECK(answer.response.json().value("exit_code", -1) == code);
    CHECK(works(server));
  }
  CHECK(has_no_children(server));
}

TEST_CASE("an endless loop is answered at its deadline and is dead and reaped at once") {
  const UnrulyServer server({"--timeout", "1s", "--kill-grace", "300ms"});
  auto job = start_job(server, "loop");
  const pid_t pid = running_cruncher(server);
  const auto answer = job.get();
  CHECK(outcome_of(answer) == "504 deadline_exceeded");
  CHECK(answer.took >= milliseconds(950));
  CHECK(answer.took <= milliseconds(1000) + at_most(milliseconds(100)));
  CHECK(eventually(kGrace + at_most(milliseconds(200)), [&] { return is_gone(pid); }));
  CHECK(answer.response.json().at("usage").at("pid") == pid);
  CHECK(works(server));
}

TEST_CASE("a cruncher is asked to end before it is made to") {
  const UnrulyServer server({"--timeout", "300ms", "--kill-grace", "5s"});
  CHECK(outcome_of(run_job(server, "obey_term")) == "504 deadline_exceeded");
  CHECK(server.logs("asked to end"));
  CHECK(has_no_children(server, seconds(1)));
}

TEST_CASE("a cruncher that ignores SIGTERM is killed after the grace") {
  const UnrulyServer server({"--timeout", "500ms", "--kill-grace", "300ms"});
  auto job = start_job(server, "ignore_term");
  const pid_t pid = running_cruncher(server);
  CHECK(outcome_of(job.get()) == "504 deadline_exceeded");
  const Stopwatch since_answer;
  CHECK_FALSE(is_dead(pid));
  CHECK(eventually(kGrace + at_most(milliseconds(200)), [&] { return is_gone(pid); }));
  CHECK(since_answer.elapsed() >= kGrace - milliseconds(100));
  CHECK(works(server));
}

TEST_CASE("a slot is free again only when its dead job is reaped") {
  const UnrulyServer server({"--running", "1", "--kill-grace", "500ms"});
  HttpClient leaver(server.port());
  leaver.send_post("/tasks/ignore_term", Json::object());
  const pid_t stubborn = running_cruncher(server);
  REQUIRE(eventually(seconds(10), [&] { return ignores_term(stubborn); }));
  leaver.close();
  auto next = start_job(server, "echo", {{"from", "the next"}});
  while (next.wait_for(milliseconds(1)) == std::future_status::timeout) {
    REQUIRE(harness::crunchers_of(server.pid()).size() <= 1);
  }
  const auto answer = next.get();
  CHECK(outcome_of(answer) == "200");
  CHECK(answer.took >= milliseconds(400));
}

// The server lifts its priority for that, which root alone may.
TEST_CASE("a cruncher below all other programs of a busy machine dies as soon as any other" *
          harness::NeedsRoot()) {
  const UnrulyServer server({"--priority", "idle", "--kill-grace", "100ms"});
  HttpClient leaver(server.port());
  leaver.send_post("/tasks/ignore_term", Json::object());
  const pid_t pid = running_cruncher(server);
  // It starts below all others as well: the machine gets busy only now.
  REQUIRE(eventually(seconds(10), [&] { return ignores_term(pid); }));
  std::vector<std::jthread> busy;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
    busy.emplace_back([](const std::stop_token& enough) {
      while (!enough.stop_requested()) continue;
    });
  }
  leaver.close();
  CHECK(eventually(milliseconds(100) + at_most(milliseconds(500)), [&] { return is_gone(pid); }));
}

TEST_CASE(
    "a cruncher that stops itself, or changes its limits, priority, group or session, dies all the same") {
  const UnrulyServer server({"--timeout", "500ms", "--kill-grace", "200ms", "--running", "1"});
  for (const auto* task :
       {"stop_itself", "escape_limits", "escape_priority", "escape_group", "escape_session"}) {
    CAPTURE(std::string(task));
    auto job = start_job(server, task);
    const pid_t pid = running_cruncher(server);
    CHECK(outcome_of(job.get()) == "504 deadline_exceeded");
    CHECK(eventually(milliseconds(200) + at_most(milliseconds(300)), [&] { return is_gone(pid); }));
    CHECK(works(server));
  }
  CHECK(eventually(seconds(2), [&] { return server.processes_left().empty(); }));
}

TEST_CASE("a cruncher that answers and stays is answered for at once and does not stay") {
  const UnrulyServer server({"--timeout", "20s", "--kill-grace", "300ms"});
  const auto answer = run_job(server, "answer_and_stay");
  REQUIRE(outcome_of(answer) == "200");
  CHECK(answer.took < seconds(5));
  const pid_t pid = answer.response.json().at("result").at("pid");
  CHECK(eventually(seconds(3), [&] { return is_gone(pid); }));
}

TEST_CASE("the client of a brief job does not wait for the end of a process that has said all") {
  const UnrulyServer server({"--timeout", "20s", "--kill-grace", "300ms", "--spares", "1"});
  for (const auto* by : {"empty_line", "close"}) {
    CAPTURE(std::string(by));
    // A busy machine may make any job a long one, and one that stays is waited for a tenth of a second then.
    double fastest = 1e9;
    for (int i = 0; i < 20 && fastest >= 10; ++i) {
      const auto answer = run_job(server, "say_all_and_stay", {{"by", by}});
      REQUIRE(outcome_of(answer) == "200");
      const auto json = answer.response.json();
      fastest = std::min(fastest, json.at("usage").at("run_ms").get<double>());
      const pid_t pid = json.at("result").at("pid");
      CHECK(eventually(seconds(3), [&] { return is_gone(pid); }));
    }
    CHECK(fastest < 10);
  }
}

TEST_CASE("an error that the cruncher reports is passed on under its reason") {
  const UnrulyServer server;
  const auto failed = run_job(server, "fail", {{"code", -32000}, {"message", "the moon is not full"}});
  CHECK(outcome_of(failed) == "500 task_failed");
  CHECK(failed.response.json().at("detail").get<std::string>().find("the moon is not full") !=
        std::string::npos);
  CHECK(outcome_of(run_job(server, "fail", {{"code", -32602}, {"message", "no such moon"}})) ==
        "422 invalid_params");
  CHECK(outcome_of(run_job(server, "fail", {{"code", -32001}, {"message", "out of memory"}})) ==
        "502 memory_limit");
  CHECK(outcome_of(run_job(server, "fail", {{"code", -5}, {"message", "a code of its own"}})) ==
        "500 task_failed");
  CHECK(works(server));
}

}  // namespace
}  // namespace end_to_end
