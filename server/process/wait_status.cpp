#include "server/process/wait_status.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace process {

namespace {

constexpr int kPidfd = 3;  // P_PIDFD

// Without reaping and without blocking; false where it is no child. Raw, since glibc's waitid() has no fifth
// argument, and the kernel's has: the usage, also with WNOWAIT.
bool peek(int type, int id, siginfo_t& info, rusage* usage) {
  return ::syscall(SYS_waitid, type, id, &info, WEXITED | WNOWAIT | WNOHANG, usage) == 0;
}

}  // namespace

std::optional<WaitStatus> peek_end(int pidfd) {
  siginfo_t info{};
  WaitStatus status;
  if (!peek(kPidfd, pidfd, info, &status.usage) || info.si_pid == 0) return std::nullopt;
  if (info.si_code == CLD_EXITED)
    status.exit_code = info.si_status;
  else
    status.signal = info.si_status;
  return status;
}

void WaitStatus::read_as_shells_do() {
  constexpr int kBySignal = 128;
  if (!exit_code || *exit_code <= kBySignal || *exit_code >= kBySignal + NSIG) return;
  signal = *exit_code - kBySignal;
  exit_code.reset();
}

// Of a process that has done several jobs only the sum is known for each.
void WaitStatus::forget_cpu(double earlier_ms) {
  if (earlier_ms <= 0) return;
  const auto left = std::max(user_ms() + system_ms() - earlier_ms, 0.0);
  usage.ru_stime = {};
  usage.ru_utime.tv_sec = static_cast<time_t>(left / 1e3);
  usage.ru_utime.tv_usec = static_cast<suseconds_t>(std::fmod(left, 1e3) * 1e3);
}

bool is_child(pid_t pid) {
  siginfo_t info{};
  return pid > 0 && peek(P_PID, pid, info, nullptr);
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  const char* description = ::sigdescr_np(signal);
  if (!name || !description) return fmt::format("signal {}", signal);
  return fmt::format("SIG{} ({})", name, description);
}

}  // namespace process
