// Appetites: memory, processors, disk, descriptors. Each is stopped at its own limit and costs only its own
// job.

#include <doctest/doctest.h>
#include <sched.h>

#include <fstream>

#include "tests/end_to_end/job.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

using harness::at_most;

// Runs the greedy job while another one works on and the light route is asked; both must not notice.
Answer run_beside_others(const RunningServer& server, std::string_view task, const Json& params) {
  auto decent = start_job(server, "sleep", {{"ms", 700}});
  auto greedy = start_job(server, task, params);
  HttpClient client(server.port());
  while (greedy.wait_for(milliseconds(20)) == std::future_status::timeout)
    CHECK(client.get("/").status == 200);
  CHECK(outcome_of(decent.get()) == "200");
  return greedy.get();
}

TEST_CASE("memory without end is stopped at the limit") {
  const UnrulyServer server({"--running", "2", "--memory", "64MiB"});
  const auto said = run_beside_others(server, "eat_memory", {{"says_so", true}});
  CHECK(outcome_of(said) == "502 memory_limit");
  const auto died = run_beside_others(server, "eat_memory", {{"says_so", false}});
  CHECK(outcome_of(died) == "502 memory_limit");
  CHECK(died.response.json().at("signal").get<std::string>().starts_with("SIGABRT"));
  CHECK(works(server));
  CHECK(has_no_children(server));
}

TEST_CASE("shared memory without end is stopped within 1.3 times the limit") {
  const UnrulyServer server({"--memory", "256MiB", "--kill-grace", "5s"});
  const auto answer = run_job(server, "eat_shared_memory");
  CHECK(outcome_of(answer) == "502 memory_limit");
  CHECK(answer.response.json().at("usage").at("max_rss_kib").get<double>() < 1.3 * 256 * 1024);
  CHECK(works(server));
  CHECK(has_no_children(server));
}

TEST_CASE("a crash beside a large file that is mapped is told as a crash") {
  const UnrulyServer server({"--memory", "64MiB"});
  const auto answer = run_job(server, "crash_beside_a_file", {{"megabytes", 80}});
  CHECK(outcome_of(answer) == "502 crashed");
  CHECK(answer.response.json().at("signal").get<std::string>().starts_with("SIGABRT"));
  CHECK(answer.response.json().at("usage").at("max_rss_kib").get<double>() > 64 * 1024);
}

TEST_CASE("a reservation of addresses is no use of memory, unless --address-space says so") {
  const auto reserves = [](const RunningServer& server) {
    return run_job(server, "reserve_addresses", {{"gigabytes", 20}})
        .response.json()
        .at("result")
        .at("reserved");
  };
  CHECK(reserves(UnrulyServer({"--memory", "64MiB"})) == true);
  CHECK(reserves(UnrulyServer({"--memory", "64MiB", "--address-space", "1GiB"})) == false);
}

TEST_CASE("eight threads that burn for ever are stopped at the limit of CPU time, well before the deadline") {
  const UnrulyServer server({"--running", "2", "--cpu", "1s", "--timeout", "30s"});
  const auto answer = run_beside_others(server, "eat_cpu", {{"threads", 8}});
  CHECK(outcome_of(answer) == "504 cpu_limit");
  const auto usage = answer.response.json().at("usage");
  // The kernel enforces the limit in ticks, but accounts for the time exactly.
  CHECK(usage.at("cpu_ms").get<double>() > 300);
  CHECK(usage.at("cpu_ms").get<double>() < 2500);
  CHECK(works(server));
}

TEST_CASE("eight threads that burn for ever die at the deadline, and their CPU time is accounted for") {
  const UnrulyServer server({"--running", "2", "--timeout", "1s", "--kill-grace", "200ms"});
  const auto answer = run_beside_others(server, "eat_cpu", {{"threads", 8}});
  CHECK(outcome_of(answer) == "504 deadline_exceeded");
  CHECK(answer.response.json().at("usage").at("cpu_ms").get<double>() > 100);
  CHECK(has_no_children(server, milliseconds(200) + at_most(milliseconds(300))));
  CHECK(works(server));
}

TEST_CASE("a file without end is stopped at the limit of its size") {
  const UnrulyServer server({"--running", "2", "--file-size", "1MiB"});
  const auto answer = run_beside_others(server, "eat_disk", Json::object());
  CHECK(outcome_of(answer) == "502 crashed");
  CHECK(answer.response.json().at("signal").get<std::string>().starts_with("SIGXFSZ"));
  CHECK(answer.response.json().at("detail").get<std::string>().find("--file-size") != std::string::npos);
  CHECK(works(server));
}

TEST_CASE("descriptors without end are stopped at the limit of open files") {
  const UnrulyServer server({"--running", "2", "--open-files", "20"});
  const auto answer = run_beside_others(server, "eat_descriptors", Json::object());
  REQUIRE(outcome_of(answer) == "200");
  CHECK(answer.response.json().at("result").at("opened") == 20 - 3);
  CHECK(works(server));
}

TEST_CASE("a section of the config file sets the limits of one task") {
  const harness::TemporaryDirectory directory;
  const auto config = directory.write("cruncherd.conf",
                                      "timeout = \"10s\"\n"
                                      "open-files = 30\n"
                                      "[task.sleep]\n"
                                      "timeout = \"300ms\"\n"
                                      "[task.eat_descriptors]\n"
                                      "open-files = 20\n");
  const UnrulyServer server({"--config", config});
  CHECK(outcome_of(run_job(server, "sleep", {{"ms", 5000}})) == "504 deadline_exceeded");
  CHECK(outcome_of(run_job(server, "burn", {{"ms", 500}})) == "200");
  CHECK(run_job(server, "eat_descriptors").response.json().at("result").at("opened") == 20 - 3);
}

TEST_CASE("a cruncher sees no secret of the server and no descriptor beyond its three") {
  RunningServer::Launch launch;
  launch.environment = {{"DATABASE_PASSWORD", "hunter2"}, {"LANG", "C.UTF-8"}};
  const UnrulyServer server({}, launch);
  const auto answer = run_job(server, "look_around");
  REQUIRE(outcome_of(answer) == "200");
  const auto result = answer.response.json().at("result");
  CHECK(result.at("descriptors") == Json({0, 1, 2}));
  const std::string environment = result.at("environment").dump();
  CHECK(environment.find("hunter2") == std::string::npos);
  CHECK(environment.find("LANG=C.UTF-8") != std::string::npos);
}

std::string first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

TEST_CASE("a cruncher is below the server: its priority, its OOM score, no core dump, a group of its own") {
  for (const std::string priority : {"idle", "low", "normal"}) {
    CAPTURE(priority);
    const UnrulyServer server({"--priority", priority});
    auto job = start_job(server, "sleep", {{"ms", 500}});
    const pid_t pid = running_cruncher(server);
    const auto info = harness::find_process(pid);
    REQUIRE(info);
    CHECK(info->group == pid);
    CHECK(info->session == harness::find_process(server.pid())->session);  // its autogroup, sched(7)
    CHECK((info->policy == SCHED_IDLE) == (priority == "idle"));
    CHECK((info->nice > 0) == (priority == "low"));
    const auto oom_score = [](pid_t of) {
      return std::stoi(first_line_of("/proc/" + std::to_string(of) + "/oom_score_adj"));
    };
    // Set from outside, a moment after the start.
    CHECK(eventually(seconds(5), [&] { return oom_score(pid) > oom_score(server.pid()); }));
    CHECK(first_line_of("/proc/" + std::to_string(pid) + "/cmdline").find("500") == std::string::npos);
    std::ifstream limits("/proc/" + std::to_string(pid) + "/limits");
    std::string line;
    while (std::getline(limits, line) && !line.starts_with("Max core file size")) continue;
    CHECK(line.find(" 0 ") != std::string::npos);
    CHECK(outcome_of(job.get()) == "200");
  }
}

TEST_CASE("usage comes from the kernel's accounting") {
  const UnrulyServer server;
  const auto burnt = run_job(server, "burn", {{"ms", 300}}).response.json().at("usage");
  CHECK(burnt.at("cpu_ms").get<double>() >= 290);
  CHECK(burnt.at("cpu_ms").get<double>() < 600);
  CHECK(burnt.at("run_ms").get<double>() >= 290);
  const auto slept = run_job(server, "sleep", {{"ms", 300}}).response.json().at("usage");
  CHECK(slept.at("cpu_ms").get<double>() < 100);
  CHECK(slept.at("run_ms").get<double>() >= 300);
  CHECK(slept.at("wait_ms").get<double>() >= 0);
  CHECK((slept.at("pid") == burnt.at("pid")) == processes_stay());
}

}  // namespace
}  // namespace end_to_end
