#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/crunchers/behaviour.h"

namespace unruly {
namespace {

// Long enough to be noticed by any test, short enough to go away by itself.
constexpr unsigned kLingerSeconds = 300;

// A child or a daemon with stdin, stdout and stderr still open. Its pid.
pid_t leave_sleeper(bool as_daemon) {
  int report[2];
  if (pipe(report) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    if (as_daemon) {
      setsid();
      if (fork() != 0) _exit(0);
    }
    signal(SIGTERM, SIG_IGN);
    const pid_t self = getpid();
    if (write(report[1], &self, sizeof self) != sizeof self) _exit(1);
    close(report[0]);
    close(report[1]);
    ::sleep(kLingerSeconds);
    _exit(0);
  }
  close(report[1]);
  pid_t sleeper = -1;  // stays so where it is killed before it can tell
  if (read(report[0], &sleeper, sizeof sleeper) != sizeof sleeper) sleeper = -1;
  close(report[0]);
  if (as_daemon) waitpid(child, nullptr, 0);
  return sleeper;
}

std::optional<Json> leave_behind(const Call& call, bool as_daemon) {
  const pid_t sleeper = leave_sleeper(as_daemon);
  if (call.params.at("answer") == false) {
    for (;;) pause();
  }
  return Json{{"pid", sleeper}};
}

std::optional<Json> leave_child(const Call& call) {
  return leave_behind(call, false);
}

std::optional<Json> leave_daemon(const Call& call) {
  return leave_behind(call, true);
}

// A tree of 2^generations - 1 processes, bounded so that a server that fails the test does not take the
// machine down.
void multiply(int generations, bool escape) {
  if (escape) setsid();
  for (int brood = 0; generations > 1 && brood < 2; ++brood) {
    if (fork() == 0) {
      multiply(generations - 1, escape);
      ::sleep(kLingerSeconds);
      _exit(0);
    }
  }
}

std::optional<Json> fork_bomb(const Call& call) {
  multiply(call.params.at("generations"), call.params.at("escape"));
  if (call.params.at("answer") == false) {
    for (;;) pause();
  }
  return Json::object();
}

std::vector<pid_t> children_of(pid_t wanted, const std::string& program) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    pid_t pid = 0, parent = 0;
    char state;
    std::string name;
    std::ifstream stat(entry.path() / "stat");
    if (stat >> pid >> name >> state >> parent && parent == wanted && name == "(" + program + ")")
      found.push_back(pid);
  }
  return found;
}

// A process that outlives this one in the group of another: of its own child, or of the launcher. Its pid.
std::optional<Json> hide_in_group(const Call& call) {
  const pid_t host = call.params.at("whose") == "launcher" ? children_of(getppid(), "launcher").at(0) : 0;
  int report[2];
  if (pipe(report) != 0) return std::nullopt;
  if (fork() == 0) {
    pid_t leader = host;
    if (leader == 0) {
      leader = fork();
      if (leader == 0) {
        ::sleep(kLingerSeconds);
        _exit(0);
      }
      setpgid(leader, leader);
    }
    const pid_t told = setpgid(0, leader) == 0 ? getpid() : -1;
    if (write(report[1], &told, sizeof told) != sizeof told) _exit(1);
    ::sleep(kLingerSeconds);
    _exit(0);
  }
  pid_t hidden = -1;
  if (read(report[0], &hidden, sizeof hidden) != sizeof hidden) hidden = -1;
  return Json{{"pid", hidden}};
}

std::optional<Json> leave_many(const Call& call) {
  const bool together = call.params.at("together");
  if (together && fork() != 0) return Json::object();  // so that they are orphans, in this process's group
  for (int left = call.params.at("count"); left > 0; --left) {
    if (fork() == 0) {
      if (!together) setsid();
      ::sleep(kLingerSeconds);
      _exit(0);
    }
  }
  if (together) _exit(0);
  return Json::object();
}

// Its pid.
std::optional<Json> hop_groups(const Call&) {
  const pid_t server = getppid(), job = getpid();
  const pid_t child = fork();
  if (child != 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // it is in another job's group by then
    return Json{{"pid", child}};
  }
  for (pid_t newest = 0;;) {
    for (const pid_t pid : children_of(server, "unruly")) {
      if (pid > newest && pid != job && setpgid(0, pid) == 0) newest = pid;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

std::vector<Behaviour> offspring() {
  const Json no_params = object_with(Json::object());
  const Json boolean = {{"type", "boolean"}};
  const Json answer = object_with({{"answer", boolean}});
  return {
      {"leave_child", "Leaves a child that keeps stdout open.", answer, leave_child},
      {"leave_daemon", "Leaves a double-forked daemon in a session of its own that keeps stdout open.",
       answer, leave_daemon},
      {"hide_in_group", "Leaves a process in the group of its own child, or of a launcher.",
       object_with({{"whose", {{"enum", {"child", "launcher"}}}}}), hide_in_group},
      {"leave_many", "Leaves children, each in its own session or all in its group.",
       object_with({{"count", integer_between(1, 5000)}, {"together", boolean}}), leave_many},
      {"hop_groups", "Leaves a process that joins the group of each other job that it sees.", no_params,
       hop_groups},
      {"fork_bomb", "Forks a tree of processes, each in its own session where it is to escape.",
       object_with({{"generations", integer_between(1, 8)}, {"escape", boolean}, {"answer", boolean}}),
       fork_bomb},
  };
}

}  // namespace unruly
