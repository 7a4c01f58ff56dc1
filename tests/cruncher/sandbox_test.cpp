// The sandbox, call by call: what a task that was taken over by its input might try. Each attempt runs in a
// child of its own, once outside of the sandbox, to see that it can succeed here at all, and once inside.

#include "cruncher/sandbox.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <functional>
#include <iomanip>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace {

using cruncher::enter_sandbox;
using cruncher::Parent;
using cruncher::Strictness;

char secret[] = "what the server knows";
int listening = -1;    // a bound socket, open before the sandbox
int unconnected = -1;  // and one that could connect to it
sockaddr_in address{};

int error_of(long result) {
  return result >= 0 ? 0 : errno;
}

// Raw system calls, so that no library stands between the attempt and the kernel.
template <typename... Arguments>
int attempt(long number, Arguments... arguments) {
  return error_of(syscall(number, arguments...));
}

std::string of_parent(const char* file) {
  return "/proc/" + std::to_string(getppid()) + "/" + file;
}

int attempt_open(const std::string& path, int flags) {
  return attempt(SYS_openat, AT_FDCWD, path.c_str(), flags | O_CLOEXEC, 0600);
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

// What `body` returns, run in a child; 128 + n where signal n ended it.
constexpr int kEndedBySigsys = 128 + SIGSYS;

int in_child(const std::function<int()>& body) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(body());
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
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

// What a child says on stderr, which runs in it with stderr as a pipe; with its exit code.
std::pair<int, std::string> told_by_child(const std::function<int()>& body) {
  int errors[2];
  REQUIRE(pipe2(errors, O_CLOEXEC) == 0);
  const int code = in_child([&] {
    dup2(errors[1], STDERR_FILENO);
    return body();
  });
  close(errors[1]);
  char text[1000] = {};
  const auto count = read(errors[0], text, sizeof text - 1);
  close(errors[0]);
  return {code, std::string(text, static_cast<std::size_t>(std::max<ssize_t>(count, 0)))};
}

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

// Answers as a kernel without that system call does.
bool forbid(unsigned number) {
  sock_filter steps[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                         BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
                         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  sock_fprog program{4, steps};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
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
  int errors[2];
  REQUIRE(pipe2(errors, O_CLOEXEC) == 0);
  const int code = in_child([&errors] {
    dup2(errors[1], STDERR_FILENO);
    // The answer of a kernel without it.
    sock_filter steps[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 444, 0, 1),
                           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    sock_fprog program{4, steps};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) return 1;
    const auto sandbox = enter_sandbox(Parent::shell);
    for (const auto& layer : sandbox.layers) {
      if (layer.active == (layer.name == "landlock")) return 2;
    }
    return attempt_open("/etc/passwd", O_RDONLY) == EPERM ? 0 : 3;
  });
  CHECK(code == 0);
  close(errors[1]);
  char text[1000] = {};
  const auto count = read(errors[0], text, sizeof text - 1);
  CHECK(std::string(text, static_cast<std::size_t>(count)) ==
        "cruncher: the sandbox lacks landlock (not offered by this kernel)\n");
  close(errors[0]);
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
