#include "cruncher/fork_server.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "cruncher/output.h"
#include "cruncher/service.h"
#include "ipc/launch_report.h"
#include "ipc/new_process.h"

namespace cruncher {
namespace {

constexpr int kSocket = STDIN_FILENO;

// The three pipes of a job: each end's descriptor, -1 where it is closed.
struct Pipes {
  int ends[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};

  bool open() {
    for (auto& pair : ends) {
      if (pipe2(pair, O_CLOEXEC) != 0) return false;
    }
    return true;
  }
  ~Pipes() {
    for (const auto& pair : ends) {
      for (const int end : pair) {
        if (end >= 0) close(end);
      }
    }
  }
  int job_end(int stream) const { return ends[stream][stream == STDIN_FILENO ? 0 : 1]; }
  int server_end(int stream) const { return ends[stream][stream == STDIN_FILENO ? 1 : 0]; }
};

// In the new process: nothing of the fork server but its memory.
[[noreturn]] void become_job(const Pipes& pipes, pid_t server, int (*job)()) {
  if (!ipc::leave_group_of(server)) _exit(1);
  for (int stream = 0; stream < 3; ++stream) {
    if (dup2(pipes.job_end(stream), stream) < 0) _exit(1);
  }
  syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0);
  prctl(PR_SET_NAME, "cruncher");
  sigset_t nothing;
  sigemptyset(&nothing);
  sigprocmask(SIG_SETMASK, &nothing, nullptr);
  _exit(job());
}

// A child of the server's, as this process is. fork(3) cannot make one.
pid_t fork_sibling() {
  return static_cast<pid_t>(syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

bool fork_job(pid_t server, int (*job)()) {
  const auto begin = std::chrono::steady_clock::now();
  ipc::LaunchReport report;
  const auto fail = [&report](const char* step) {
    report.error = errno;
    std::strncpy(report.step.data(), step, report.step.size() - 1);
    return ipc::send_report(kSocket, report, nullptr);
  };
  Pipes pipes;
  if (!pipes.open()) return fail("pipe2");
  report.pid = fork_sibling();
  if (report.pid < 0) return fail("clone");
  if (report.pid == 0) become_job(pipes, server, job);
  report.took_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const ipc::LaunchDescriptors descriptors{pipes.server_end(STDIN_FILENO), pipes.server_end(STDOUT_FILENO),
                                           pipes.server_end(STDERR_FILENO)};
  return ipc::send_report(kSocket, report, &descriptors);
}

bool is_order_socket(int descriptor) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

// While it may: its files under /proc are root's once it is not dumpable.
void prefer_for_oom() {
  const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  write_all(file, ipc::kOomScore);
  close(file);
}

}  // namespace

int serve_forks(int (*job)()) {
  if (!is_order_socket(kSocket)) {
    write_all(STDERR_FILENO,
              "cruncher: --fork-server is for a server: stdin must be a SOCK_SEQPACKET socket\n");
    return 2;
  }
  const pid_t server = getppid();
  prctl(PR_SET_NAME, "launcher");
  prefer_for_oom();
  prctl(PR_SET_DUMPABLE, 0);
  rehearse();
  char order = 0;
  while (recv(kSocket, &order, sizeof order, 0) == sizeof order && fork_job(server, job)) {
  }
  return 0;
}

}  // namespace cruncher
