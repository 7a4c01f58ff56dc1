// What a light request costs the loop, as a count: a time would be the machine's.

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>
#include <map>
#include <optional>
#include <thread>

#include "tests/end_to_end/job.h"

namespace end_to_end {
namespace {

using Counts = std::map<std::uint64_t, int>;  // by number of system call

void stop(pid_t thread) {
  REQUIRE(ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) == 0);
  REQUIRE(waitpid(thread, nullptr, __WALL) == thread);
}

// Stops it. False where this user may not: the server is not dumpable.
bool attach_to(pid_t thread) {
  if (ptrace(PTRACE_SEIZE, thread, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) != 0) return false;
  stop(thread);
  return true;
}

// Lets the thread go on to its next stop and returns that as waitpid(2) does; nothing where `client` ends.
std::optional<int> next_stop(pid_t thread, int signal, const std::future<void>& client) {
  REQUIRE(ptrace(PTRACE_SYSCALL, thread, nullptr, signal) == 0);
  int status = 0;
  while (waitpid(thread, &status, __WALL | WNOHANG) == 0) {
    if (client.wait_for(seconds(0)) == std::future_status::ready) return {};
    std::this_thread::yield();
  }
  REQUIRE(WIFSTOPPED(status));
  return status;
}

// What the attached thread calls until `client` ends; then it is let go.
Counts system_calls(pid_t thread, const std::future<void>& client) {
  Counts counts;
  int signal = 0;
  while (const auto stopped = next_stop(thread, signal, client)) {
    const bool at_system_call = WSTOPSIG(*stopped) == (SIGTRAP | 0x80);  // PTRACE_O_TRACESYSGOOD
    signal = at_system_call || *stopped >> 16 != 0 ? 0 : WSTOPSIG(*stopped);
    if (!at_system_call) continue;
    __ptrace_syscall_info info{};
    REQUIRE(ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) > 0);
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) ++counts[info.entry.nr];
  }
  stop(thread);
  REQUIRE(ptrace(PTRACE_DETACH, thread, nullptr, nullptr) == 0);
  return counts;
}

TEST_CASE("a light request is a read, a write and a wait") {
  const UnrulyServer server;
  if (!attach_to(server.pid())) {
    MESSAGE("this user may not trace the server: nothing was counted");
    return;
  }
  constexpr int kRequests = 200;
  auto client = std::async(std::launch::async, [&server] {
    HttpClient one(server.port());
    for (int i = 0; i < kRequests; ++i) one.get("/");
  });
  auto counts = system_calls(server.pid(), client);
  client.get();
  CHECK(counts[SYS_sendto] + counts[SYS_sendmsg] == kRequests);
  // A read that finds nothing yet, and a wait that ends at once, may come on top.
  CHECK(counts[SYS_recvfrom] <= 2 * kRequests + 1);
  CHECK(counts[SYS_epoll_wait] <= 2 * kRequests + 10);
  // The connection, timers, randomness for ids: not for each. (The log's writer is woken where it has slept.)
  int others = 0;
  for (const auto& [call, count] : counts)
    if (call != SYS_recvfrom && call != SYS_epoll_wait && call != SYS_sendto && call != SYS_sendmsg &&
        call != SYS_futex)
      others += count;
  CHECK(others <= kRequests / 5);
  CHECK(works(server));
}

}  // namespace
}  // namespace end_to_end
