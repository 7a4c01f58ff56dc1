#pragma once
// How a process ended, read from waitid(2)'s siginfo in one place: si_code and si_status are easy to mix up
// with waitpid(2)'s packed int. Knows no job.

#include <signal.h>
#include <sys/resource.h>

#include <optional>
#include <string>

#include "server/loop/unique_fd.h"

namespace process {

struct WaitStatus {
  std::optional<int> exit_code;  ///< it called _exit
  std::optional<int> signal;     ///< it was killed by this signal
  rusage usage{};                ///< its own and that of its children that it waited for

  /// An exit code of 128 + n is signal n: of a program that tells of another's end.
  void read_as_shells_do();

  /// Takes off what was used before the job in question.
  void forget_cpu(double earlier_ms);

  double user_ms() const { return milliseconds(usage.ru_utime); }
  double system_ms() const { return milliseconds(usage.ru_stime); }

 private:
  static double milliseconds(const timeval& time) { return time.tv_sec * 1e3 + time.tv_usec / 1e3; }
};

/// The end of the child behind `pidfd`, without reaping it, or nothing while it runs. Does not block.
std::optional<WaitStatus> peek_end(int pidfd);

/// Whether that is a child of this process, ended or not, and not yet reaped.
bool is_child(pid_t pid);

/// "SIGSEGV (Segmentation fault)".
std::string signal_name(int signal);

}  // namespace process
