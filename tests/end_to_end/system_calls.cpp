// What a light request costs the loop, as a count: a time would be the machine's.

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <optional>

#include "tests/end_to_end/job.h"

namespace end_to_end {
namespace {

using Counts = std::map<std::uint64_t, int>;  // by number of system call

bool is_send(std::uint64_t call) {
  return call == SYS_sendto || call == SYS_sendmsg;
}

// Lets the thread go to its next stop. Returns the number of the system call that it begins there, if any.
std::optional<std::uint64_t> next_system_call(pid_t thread, int& signal) {
  REQUIRE(ptrace(PTRACE_SYSCALL, thread, nullptr, signal) == 0);
  int status = 0;
  REQUIRE(waitpid(thread, &status, __WALL) == thread);
  REQUIRE(WIFSTOPPED(status));
  signal = 0;
  if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {  // PTRACE_O_TRACESYSGOOD
    if (status >> 16 == 0) signal = WSTOPSIG(status);
    return {};
  }
  __ptrace_syscall_info info{};
  REQUIRE(ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) > 0);
  if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return {};
  return info.entry.nr;
}

// Stops it. False where this user may not: the server is not dumpable.
bool attach_to(pid_t thread) {
  if (ptrace(PTRACE_SEIZE, thread, nullptr, PTRACE_O_TRACESYSGOOD) != 0) return false;
  REQUIRE(ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) == 0);
  REQUIRE(waitpid(thread, nullptr, __WALL) == thread);
  return true;
}

// Its system calls from one send(2), without it, to the one that comes so many later.
Counts system_calls_between_sends(pid_t thread, int sends) {
  Counts counts;
  for (int signal = 0, sent = -1; sent < sends;) {
    const auto call = next_system_call(thread, signal);
    if (!call) continue;
    if (sent >= 0) ++counts[*call];
    if (is_send(*call)) ++sent;
  }
  REQUIRE(ptrace(PTRACE_DETACH, thread, nullptr, nullptr) == 0);
  return counts;
}

TEST_CASE("a light request is a read, a write and a wait") {
  const UnrulyServer server;
  if (!attach_to(server.pid())) return;
  constexpr int kRequests = 200;
  auto client = std::async(std::launch::async, [&server] {
    HttpClient one(server.port());
    for (int i = 0; i < kRequests + 1; ++i) one.get("/");
  });
  auto counts = system_calls_between_sends(server.pid(), kRequests);
  client.get();
  // A read that finds nothing yet, and a wait that ends at once, may come on top.
  CHECK(counts[SYS_recvfrom] <= 2 * kRequests);
  CHECK(counts[SYS_epoll_wait] <= 2 * kRequests);
  // Timers, randomness for ids: not for each.
  int others = 0;
  for (const auto& [call, count] : counts)
    if (call != SYS_recvfrom && call != SYS_epoll_wait && !is_send(call)) others += count;
  CHECK(others <= kRequests / 10);
  CHECK(works(server));
}

}  // namespace
}  // namespace end_to_end
