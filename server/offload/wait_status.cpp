#include "server/offload/wait_status.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

namespace offload {

std::optional<WaitStatus> peek_end(int pidfd) {
  siginfo_t info{};
  WaitStatus status;
  // Raw, since glibc's waitid() has no fifth argument, and the kernel's has: the usage, also with WNOWAIT.
  constexpr int kPidfd = 3;  // P_PIDFD
  const long done = ::syscall(SYS_waitid, kPidfd, pidfd, &info, WEXITED | WNOWAIT | WNOHANG, &status.usage);
  if (done != 0 || info.si_pid == 0) return std::nullopt;
  if (info.si_code == CLD_EXITED)
    status.exit_code = info.si_status;
  else
    status.signal = info.si_status;
  return status;
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  const char* description = ::sigdescr_np(signal);
  if (!name || !description) return fmt::format("signal {}", signal);
  return fmt::format("SIG{} ({})", name, description);
}

}  // namespace offload
