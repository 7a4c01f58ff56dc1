#pragma once
// A child of the test in which the sandbox is entered, and what it may attempt there. Knows no rule of the
// sandbox. Used by the sandbox's tests.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace sandboxed {

inline int error_of(long result) {
  return result >= 0 ? 0 : errno;
}

// Raw system calls, so that no library stands between the attempt and the kernel.
template <typename... Arguments>
inline int attempt(long number, Arguments... arguments) {
  return error_of(syscall(number, arguments...));
}

inline int attempt_open(const std::string& path, int flags) {
  return attempt(SYS_openat, AT_FDCWD, path.c_str(), flags | O_CLOEXEC, 0600);
}

// What `body` returns, run in a child; 128 + n where signal n ended it.
inline constexpr int kEndedBySigsys = 128 + SIGSYS;

inline int in_child(const std::function<int()>& body) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(body());
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// What a child says on stderr, which runs in it with stderr as a pipe; with its exit code.
inline std::pair<int, std::string> told_by_child(const std::function<int()>& body) {
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

// Answers as a kernel without that system call does.
inline bool forbid(unsigned number) {
  sock_filter steps[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                         BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
                         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  sock_fprog program{4, steps};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

}  // namespace sandboxed
