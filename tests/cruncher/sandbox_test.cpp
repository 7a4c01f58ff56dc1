// The sandbox, call by call: what a task that was taken over by its input might try. Each attempt runs in a
// child of its own, once outside of the sandbox, to see that it can succeed here at all, and once inside.

#include "cruncher/sandbox.h"

#include <linux/futex.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <vector>

#include "tests/cruncher/sandboxed.h"

namespace sandboxed {
namespace {

using cruncher::enter_sandbox;
using cruncher::Parent;

char secret[] = "what the server knows";
int listening = -1;    // a bound socket, open before the sandbox
int unconnected = -1;  // and one that could connect to it
sockaddr_in address{};

std::string of_parent(const char* file) {
  return "/proc/" + std::to_string(getppid()) + "/" + file;
}

int attempt_fork(long number) {
  const long child = syscall(number, SIGCHLD, 0, 0, 0, 0);
  if (child == 0) _exit(0);
  return error_of(child);
}

int attempt_exec() {
  const char* const arguments[] = {"/bin/true", nullptr};
  return attempt(SYS_execve, arguments[0], arguments, nullptr);
}

int attempt_read_parent() {
  char copy[sizeof secret];
  iovec here{copy, sizeof copy}, there{secret, sizeof secret};
  return attempt(SYS_process_vm_readv, getppid(), &here, 1, &there, 1, 0);
}

int attempt_map(int protection) {
  return error_of(mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
}

int attempt_raise_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return attempt(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, nullptr);
}

struct Attempt {
  std::string what;
  std::function<int()> run;   // 0 where it succeeded, else errno
  bool works_outside = true;  // whether it is sure to, also in a container and as an ordinary user
};

const std::vector<Attempt>& attempts() {
  static const std::vector<Attempt> all{
      {"open a file", [] { return attempt_open("/etc/passwd", O_RDONLY); }},
      {"write a file", [] { return attempt_open("/tmp", O_WRONLY | O_TMPFILE); }},
      {"list a directory", [] { return attempt_open("/", O_RDONLY | O_DIRECTORY); }},
      {"ask about a file", [] { return attempt(SYS_faccessat, AT_FDCWD, "/etc/passwd", R_OK); }},
      {"remove a file", [] { return attempt(SYS_unlinkat, AT_FDCWD, "/tmp/no-such-file", 0); }, false},
      {"make a socket", [] { return attempt(SYS_socket, AF_INET, SOCK_STREAM, 0); }},
      {"connect", [] { return attempt(SYS_connect, unconnected, &address, sizeof address); }},
      {"listen", [] { return attempt(SYS_listen, listening, 1); }},
      {"send through a socket", [] { return attempt(SYS_sendto, unconnected, "x", 1, 0, nullptr, 0); },
       false},
      {"execute a program", attempt_exec},
      {"fork", [] { return attempt_fork(SYS_clone); }},
      {"start a thread or process with clone3", [] { return attempt(SYS_clone3, nullptr, 0); }, false},
      {"be traced", [] { return attempt(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }},
      {"trace its parent", [] { return attempt(SYS_ptrace, PTRACE_SEIZE, getppid(), 0, 0); }, false},
      {"kill its parent", [] { return attempt(SYS_kill, getppid(), 0); }},
      {"kill its parent's thread", [] { return attempt(SYS_tgkill, getppid(), getppid(), 0); }},
      {"abort its parent", [] { return attempt(SYS_tgkill, getppid(), getppid(), SIGABRT); }, false},
      {"signal itself otherwise than by abort()", [] { return attempt(SYS_tgkill, getpid(), gettid(), 0); }},
      {"move a waiter from lock to lock",
       [] {
         int lock = 0;
         return attempt(SYS_futex, &lock, FUTEX_REQUEUE, 0, nullptr, &lock, 0);
       }},
      {"kill its group", [] { return attempt(SYS_kill, 0, 0); }},
      {"leave its session", [] { return attempt(SYS_setsid); }, false},
      {"leave its process group", [] { return attempt(SYS_setpgid, 0, 0); }},
      {"look into its parent's memory", attempt_read_parent, false},
      {"open its parent's memory", [] { return attempt_open(of_parent("mem"), O_RDWR); }, false},
      {"open its parent's environment", [] { return attempt_open(of_parent("environ"), O_RDONLY); }},
      {"raise its limits", attempt_raise_limit},
      {"raise its priority", [] { return attempt(SYS_setpriority, PRIO_PROCESS, 0, 0); }},
      {"choose a scheduler",
       [] {
         sched_param none{};
         return attempt(SYS_sched_setscheduler, 0, SCHED_OTHER, &none);
       }},
      {"outlive its parent", [] { return attempt(SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0); }},
      {"allow itself to be dumped", [] { return attempt(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0); }},
      {"map executable memory", [] { return attempt_map(PROT_READ | PROT_EXEC); }},
      {"make a memory file", [] { return attempt(SYS_memfd_create, "x", 0); }},
      {"make a namespace", [] { return attempt(SYS_unshare, CLONE_NEWUSER); }, false},
      {"use io_uring", [] { return attempt(SYS_io_uring_setup, 1, nullptr); }, false},
      {"load a BPF program", [] { return attempt(SYS_bpf, 0, nullptr, 0); }, false},
      {"sleep",
       [] {
         timespec time{};
         return attempt(SYS_nanosleep, &time, nullptr);
       }},
  };
  return all;
}

void open_sockets() {
  listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  unconnected = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(listening, 5) == 0);
  socklen_t size = sizeof address;
  REQUIRE(getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size) == 0);
}

TEST_CASE("every attempt to reach beyond the computation is refused in the sandbox") {
  open_sockets();
  for (const Attempt& one : attempts()) {
    CAPTURE(one.what);
    if (one.works_outside) CHECK(in_child(one.run) == 0);
    const int inside = in_child([&one] {
      enter_sandbox(Parent::shell);
      return one.run();
    });
    CHECK((inside == EPERM || inside == kEndedBySigsys));
  }
  close(listening);
  close(unconnected);
}

TEST_CASE("an attempt that no library makes by chance ends the process by SIGSYS, so that it is seen") {
  const std::function<int()> seen[] = {attempt_exec,
                                       attempt_read_parent,
                                       [] { return attempt(SYS_socket, AF_INET, SOCK_STREAM, 0); },
                                       [] { return attempt(SYS_kill, getppid(), 0); },
                                       [] { return attempt(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); },
                                       [] { return attempt_map(PROT_READ | PROT_EXEC); },
                                       [] { return attempt(SYS_madvise, nullptr, 0, MADV_HWPOISON); },
                                       [] {
                                         constexpr int kSoftOffline = 101;
                                         return attempt(SYS_madvise, nullptr, 0, kSoftOffline);
                                       }};
  for (const auto& one : seen) {
    const int inside = in_child([&one] {
      enter_sandbox(Parent::shell);
      return one();
    });
    CHECK(inside == kEndedBySigsys);
  }
}

}  // namespace
}  // namespace sandboxed
