// How the sandbox is entered, what a kernel without a part of it means, and what goes on in it.

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "cruncher/sandbox.h"
#include "tests/cruncher/sandboxed.h"

namespace sandboxed {
namespace {

using cruncher::enter_sandbox;
using cruncher::Parent;
using cruncher::Strictness;

TEST_CASE("in development refused calls are told on stderr, and their caller goes on") {
  const auto [code, text] = told_by_child([] {
    enter_sandbox(Parent::shell, Strictness::report);
    if (attempt(SYS_socket, AF_INET, SOCK_STREAM, 0) != EPERM) return 1;
    return attempt_open("/etc/passwd", O_RDONLY) == EPERM ? 0 : 2;
  });
  CHECK(code == 0);
  CHECK(text == "cruncher: the sandbox refuses the system call " + std::to_string(SYS_socket) +
                    "\ncruncher: the sandbox refuses the system call " + std::to_string(SYS_openat) + "\n");
}

TEST_CASE("where system calls cannot be filtered nothing runs, and a sentence says so") {
  const auto [code, text] = told_by_child([] {
    if (!forbid(SYS_seccomp)) return 2;
    enter_sandbox(Parent::shell);
    return 0;
  });
  CHECK(code == 1);
  CHECK(text ==
        "cruncher: the sandbox lacks seccomp (refused by this kernel); it runs nothing without, unless by "
        "--sandbox best-effort or CRUNCHER_SANDBOX=best-effort\n");
}

TEST_CASE("by its best effort the sandbox is what the kernel has of it") {
  const auto [code, text] = told_by_child([] {
    if (!forbid(SYS_seccomp)) return 2;
    enter_sandbox(Parent::shell, Strictness::best_effort);
    return attempt(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 ? 0 : 3;
  });
  CHECK(code == 0);
  CHECK(text == "cruncher: the sandbox lacks seccomp (refused by this kernel)\n");
}

TEST_CASE("a job holds no capability, whoever runs it") {
  int ready[2], done[2];
  REQUIRE(pipe2(ready, O_CLOEXEC) == 0);
  REQUIRE(pipe2(done, O_CLOEXEC) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  char byte = 'x';
  if (child == 0) {
    close(done[1]);
    enter_sandbox(Parent::server);
    const bool told = write(ready[1], &byte, 1) == 1;
    _exit(told && read(done[0], &byte, 1) == 0 ? 0 : 1);
  }
  REQUIRE(read(ready[0], &byte, 1) == 1);
  std::ifstream file("/proc/" + std::to_string(child) + "/status");
  const std::string status((std::istreambuf_iterator<char>(file)), {});
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"})
    CHECK(status.find(std::string(set) + ":\t0000000000000000\n") != std::string::npos);
  close(done[1]);
  int end = 0;
  REQUIRE(waitpid(child, &end, 0) == child);
  CHECK(end == 0);
  for (const int descriptor : {ready[0], ready[1], done[0]}) close(descriptor);
}

TEST_CASE("computing, allocating, reading and writing go on in the sandbox") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const int code = in_child([&ends] {
    enter_sandbox(Parent::server);
    std::vector<std::string> memory;
    for (int i = 0; i < 1000; ++i) memory.emplace_back(10'000, 'x');  // beyond what malloc has at hand
    std::string large(50'000'000, 'y');                               // a mapping of its own
    large.resize(100'000'000);
    char byte = 'z';
    return write(ends[1], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1 && memory.size() == 1000 ? 0 : 1;
  });
  CHECK(code == 0);
  for (const int end : ends) close(end);
}

TEST_CASE("a task may throw, format and match in the sandbox, and a thread that it wants is an exception") {
  const int code = in_child([] {
    enter_sandbox(Parent::server);
    try {
      throw std::runtime_error("thrown");
    } catch (const std::runtime_error&) {
    }
    std::ostringstream text;
    text << std::setprecision(3) << 3.14159;
    if (text.str() != "3.14") return 1;
    if (!std::regex_search("caaat", std::regex("a+"))) return 2;
    try {
      std::thread([] {}).join();
    } catch (const std::system_error&) {
      return 0;
    }
    return 3;
  });
  CHECK(code == 0);
}

TEST_CASE("where Landlock is missing the rest is active, and one line on stderr says so") {
  const auto [code, text] = told_by_child([] {
    constexpr unsigned kLandlockCreateRuleset = 444;
    if (!forbid(kLandlockCreateRuleset)) return 1;
    const auto sandbox = enter_sandbox(Parent::shell);
    for (const auto& layer : sandbox.layers) {
      if (layer.active == (layer.name == "landlock")) return 2;
    }
    return attempt_open("/etc/passwd", O_RDONLY) == EPERM ? 0 : 3;
  });
  CHECK(code == 0);
  CHECK(text == "cruncher: the sandbox lacks landlock (not offered by this kernel)\n");
}

// How a child ends that sets out to crash in the sandbox; doctest's own handlers would get in the way.
int wait_status_of(void (*crash)()) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    for (const int number : {SIGSEGV, SIGABRT, SIGILL}) signal(number, SIG_DFL);
    const rlimit any{RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_CORE, &any);
    enter_sandbox(Parent::shell);
    crash();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return status;
}

TEST_CASE("abort() in the sandbox is SIGABRT, as outside") {
  const int status = wait_status_of([] { abort(); });
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
}

TEST_CASE("a crash in the sandbox ends the process, and is not dumped") {
  for (void (*const crash)() : {+[] { abort(); }, +[] { __builtin_trap(); }}) {
    const int status = wait_status_of(crash);
    CHECK(WIFSIGNALED(status));
    CHECK_FALSE(WCOREDUMP(status));
  }
}

}  // namespace
}  // namespace sandboxed
