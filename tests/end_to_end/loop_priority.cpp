// --loop-priority: whose thread runs before all that computes, for how long, and that nobody inherits it.

#include <doctest/doctest.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <future>
#include <map>
#include <optional>
#include <thread>

#include "tests/end_to_end/job.h"
#include "tests/harness/needs_root.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

constexpr auto kRefusal = "no right to real-time priority";
constexpr int kBusyNice = -10;

int scheduling_class(pid_t thread) {
  return sched_getscheduler(thread) & ~SCHED_RESET_ON_FORK;
}

bool runs_in(pid_t thread, int policy, milliseconds within = seconds(5)) {
  return eventually(within, [=] { return scheduling_class(thread) == policy; });
}

std::optional<int> nice_of(pid_t thread) {
  errno = 0;  // -1 is a nice value, too
  const int nice = getpriority(PRIO_PROCESS, static_cast<id_t>(thread));
  return errno == 0 ? std::optional(nice) : std::nullopt;
}

// In a thread of its own, which ends with whatever it has become.
bool works_here(bool (*attempt)()) {
  bool worked = false;
  std::thread([&worked, attempt] { worked = attempt(); }).join();
  return worked;
}

// Whether this process has the rights that a server of it would have.
bool may_take_real_time() {
  return works_here([] {
    sched_param lowest{};
    lowest.sched_priority = 1;
    return sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest) == 0;
  });
}

bool may_be_nice_to_itself() {
  return works_here([] { return setpriority(PRIO_PROCESS, 0, kBusyNice) == 0; });
}

// Soft and hard.
std::string limit_of(pid_t pid, __rlimit_resource resource) {
  rlimit limit{};
  REQUIRE(prlimit(pid, resource, nullptr, &limit) == 0);
  return std::to_string(limit.rlim_cur) + " " + std::to_string(limit.rlim_max);
}

std::vector<pid_t> other_threads_of(pid_t process) {
  std::vector<pid_t> others;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    if (const auto thread = std::stoi(entry.path().filename()); thread != process) others.push_back(thread);
  }
  return others;
}

std::ptrdiff_t favoured(const std::vector<pid_t>& threads) {
  return std::count_if(threads.begin(), threads.end(),
                       [](pid_t thread) { return nice_of(thread).value_or(0) < 0; });
}

TEST_CASE("the loop is real-time where that is permitted, and nothing else of the server is") {
  const UnrulyServer server;
  if (!may_take_real_time()) {
    CHECK(server.logs(kRefusal));
    return;
  }
  REQUIRE(runs_in(server.pid(), SCHED_RR));
  sched_param parameter{};
  CHECK(sched_getparam(server.pid(), &parameter) == 0);
  CHECK(parameter.sched_priority == 1);
  CHECK(server.log().find(kRefusal) == std::string::npos);

  auto job = start_job(server, "sleep", {{"ms", 500}});
  const auto cruncher = running_cruncher(server);
  const auto launchers = harness::launchers_of(server.pid());
  REQUIRE(!launchers.empty());
  for (const auto launcher : launchers) {
    CHECK(scheduling_class(launcher) != SCHED_RR);
    CHECK(nice_of(launcher) >= 0);
  }
  CHECK(scheduling_class(cruncher) == SCHED_OTHER);
  CHECK(nice_of(cruncher) >= 0);
  const auto others = other_threads_of(server.pid());
  REQUIRE(!others.empty());
  for (const auto thread : others) CHECK(scheduling_class(thread) != SCHED_RR);
  const auto writers = may_be_nice_to_itself() ? 1 : 0;  // of the log
  CHECK(eventually(seconds(5), [&] { return favoured(others) == writers; }));
  for (const auto right : {RLIMIT_RTPRIO, RLIMIT_NICE}) CHECK(limit_of(cruncher, right) == "0 0");
  CHECK(outcome_of(job.get()) == "200");
}

TEST_CASE("a loop that needs most of a core is a batch thread, at once, and for a while only") {
  if (!may_take_real_time()) return;
  const UnrulyServer server({"--blocking-route", "on"});
  REQUIRE(runs_in(server.pid(), SCHED_RR));
  for (int i = 0; i < 2; ++i) {
    HttpClient client(server.port());
    client.send_request("GET", "/blocking?CPUTimeMs=1000");
    CHECK(runs_in(server.pid(), SCHED_BATCH, milliseconds(900)));  // in the midst of it
    if (may_be_nice_to_itself()) CHECK(nice_of(server.pid()) == kBusyNice);
    CHECK(client.read_response().status == 200);
    CHECK(runs_in(server.pid(), SCHED_RR));
  }
  CHECK(works(server));
}

// On a machine that gives it less than it wants it may come back: the second before tells.
TEST_CASE("a loop that stays busy stays a batch thread") {
  if (!may_take_real_time()) return;
  const UnrulyServer server({"--blocking-route", "on"});
  REQUIRE(runs_in(server.pid(), SCHED_RR));
  std::atomic<bool> enough = false;
  auto load = std::async(std::launch::async, [&server, &enough] {
    for (HttpClient client(server.port()); !enough;) client.get("/blocking?CPUTimeMs=50");
  });
  CHECK(runs_in(server.pid(), SCHED_BATCH));
  std::map<Clock::time_point, milliseconds> cpu_time_at;
  for (const Stopwatch watch; watch.elapsed() < seconds(4); std::this_thread::sleep_for(milliseconds(10))) {
    const auto now = Clock::now();
    const auto process = harness::find_process(server.pid());
    if (!process) break;
    const auto cpu_time = process->cpu_time;
    cpu_time_at[now] = cpu_time;
    if (scheduling_class(server.pid()) == SCHED_RR)
      CHECK(cpu_time - cpu_time_at.lower_bound(now - seconds(1))->second < milliseconds(600));
  }
  enough = true;
  load.get();
  CHECK(runs_in(server.pid(), SCHED_RR));
}

TEST_CASE("the bound holds where whoever starts the server blocks signals") {
  if (!may_take_real_time()) return;
  const harness::TemporaryDirectory directory;
  RunningServer::Launch launch;
  launch.program = directory.write(
      "blocked", "#!/bin/sh\nexec env --block-signal=RTMIN " + harness::cruncherd_path() + " \"$@\"\n", true);
  const UnrulyServer server({"--blocking-route", "on"}, launch);
  REQUIRE(runs_in(server.pid(), SCHED_RR));
  HttpClient client(server.port());
  client.send_request("GET", "/blocking?CPUTimeMs=1000");
  CHECK(runs_in(server.pid(), SCHED_BATCH, milliseconds(900)));
  CHECK(client.read_response().status == 200);
}

TEST_CASE("a signal that is not the timer's changes no thread's class") {
  if (!may_take_real_time()) return;
  const UnrulyServer server;
  REQUIRE(runs_in(server.pid(), SCHED_RR));
  std::map<pid_t, int> before;
  for (const auto thread : other_threads_of(server.pid())) before[thread] = scheduling_class(thread);
  for (int i = 0; i < 100; ++i) server.signal(SIGRTMIN);
  CHECK(works(server));
  CHECK(scheduling_class(server.pid()) == SCHED_RR);
  for (const auto& [thread, policy] : before) CHECK(scheduling_class(thread) == policy);
}

TEST_CASE("--user keeps the right, where the limit may be raised" * harness::NeedsRoot()) {
  if (!may_take_real_time()) return;
  rlimit limit{};
  getrlimit(RLIMIT_RTPRIO, &limit);
  const rlimit raised{limit.rlim_max + 1, limit.rlim_max + 1};
  const bool may_raise = setrlimit(RLIMIT_RTPRIO, &raised) == 0;
  if (may_raise) setrlimit(RLIMIT_RTPRIO, &limit);
  const harness::TemporaryDirectory directory;  // the build tree may be closed to that user
  RunningServer::Launch launch;
  launch.program = directory.copy(harness::cruncherd_path(), "cruncherd");
  launch.real_time_priority = 0;
  const UnrulyServer server({"--user", "nobody", "--cruncher", directory.copy(unruly_path(), "cruncher")},
                            launch);
  CHECK(runs_in(server.pid(), may_raise ? SCHED_RR : SCHED_OTHER));
  if (may_raise) {
    CHECK(eventually(seconds(5), [&] { return nice_of(server.pid()) == kBusyNice; }));
    for (const auto launcher : harness::launchers_of(server.pid()))
      CHECK(eventually(seconds(5), [&] { return limit_of(launcher, RLIMIT_NICE) == "0 0"; }));
  }
  CHECK(works(server));
}

TEST_CASE("--loop-priority normal leaves it in the usual class, without a word") {
  const UnrulyServer server({"--loop-priority", "normal"});
  CHECK(scheduling_class(server.pid()) == SCHED_OTHER);
  CHECK(nice_of(server.pid()) >= 0);
  CHECK(favoured(other_threads_of(server.pid())) == 0);
  CHECK(server.log().find(kRefusal) == std::string::npos);
}

TEST_CASE("without the right to it the server says so, and serves all the same" * harness::NeedsRoot()) {
  const harness::TemporaryDirectory directory;  // the build tree may be closed to that user
  RunningServer::Launch launch;
  launch.program = directory.copy(harness::cruncherd_path(), "cruncherd");
  launch.user = 61'236;
  launch.real_time_priority = 0;
  const UnrulyServer server({"--cruncher", directory.copy(unruly_path(), "cruncher")}, launch);
  CHECK(server.logs(kRefusal));
  CHECK(scheduling_class(server.pid()) == SCHED_OTHER);
  CHECK(works(server));
}

}  // namespace
}  // namespace end_to_end
