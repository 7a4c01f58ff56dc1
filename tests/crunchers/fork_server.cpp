#include "tests/crunchers/fork_server.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <initializer_list>

namespace unruly {
namespace {

struct Report {
  std::int32_t pid, error;
  std::int64_t inherited_kib;
  double seconds;
  char step[16];
};

void send_with_descriptors(const Report& report, const int (&descriptors)[3]) {
  iovec bytes{const_cast<Report*>(&report), sizeof report};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptors)] = {};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  auto* const rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof descriptors);
  std::memcpy(CMSG_DATA(rights), descriptors, sizeof descriptors);
  sendmsg(STDIN_FILENO, &message, MSG_NOSIGNAL);
}

void refuse(const char* step, int error) {
  Report report{-1, error, 0, 0, {}};
  std::strncpy(report.step, step, sizeof report.step - 1);
  send(STDIN_FILENO, &report, sizeof report, MSG_NOSIGNAL);
}

[[noreturn]] void become_job(int in, int out, int err, pid_t server, int (*serve_one_call)()) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != server) _exit(1);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  syscall(SYS_close_range, 3, ~0u, 0);
  prctl(PR_SET_NAME, "unruly");
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  _exit(serve_one_call());
}

void start_job(pid_t server, int (*serve_one_call)()) {
  int in[2], out[2], err[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) _exit(1);
  const long pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0) become_job(in[0], out[1], err[1], server, serve_one_call);
  if (pid < 0) {
    refuse("clone", errno);
  } else {
    send_with_descriptors({static_cast<std::int32_t>(pid), 0, 0, 0, {}}, {in[1], out[0], err[0]});
  }
  for (const auto* pipe : {in, out, err}) close(pipe[0]), close(pipe[1]);
}

}  // namespace

int serve_forks(int (*serve_one_call)()) {
  const pid_t server = getppid();
  prctl(PR_SET_NAME, "launcher");
  std::ofstream("/proc/self/oom_score_adj") << 900;
  prctl(PR_SET_DUMPABLE, 0);
  char order;
  while (recv(STDIN_FILENO, &order, 1, 0) == 1) start_job(server, serve_one_call);
  return 0;
}

}  // namespace unruly
