// Build-time program: has libseccomp compile the sandbox's system call filter and prints it as C++ source, so
// that a cruncher neither links libseccomp nor spends a third of its start on it.

#include <linux/filter.h>
#include <linux/futex.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

namespace {

void check(int result, const char* what) {
  if (result >= 0) return;
  std::fprintf(stderr, "%s: error %d\n", what, -result);
  std::exit(1);
}

// Of a call's argument. Where it is masked, `value` is the mask. The header's own macros leave a field out.
constexpr scmp_arg_cmp comparison(unsigned argument, scmp_compare how, scmp_datum_t value,
                                  scmp_datum_t masked = 0) {
  return {argument, how, value, masked};
}

void allow(scmp_filter_ctx filter, const char* name) {
  const int number = seccomp_syscall_resolve_name(name);
  if (number < 0) return;  // this architecture has no such call
  check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0), name);
}

// Stands for the id of the process that installs the filter; no process has this one.
constexpr unsigned kOwnProcess = 0x7fffff01;

// glibc's locks, once-flags and condition variables, which the first `throw` of a static program passes
// through.
void allow_locks(scmp_filter_ctx filter) {
  for (const int operation : {FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET}) {
    const auto same = comparison(1, SCMP_CMP_MASKED_EQ, static_cast<unsigned>(FUTEX_CMD_MASK) & 0xffffffffu,
                                 static_cast<unsigned>(operation));
    check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(futex), 1, same), "futex");
  }
}

// abort(), which looks itself up and sends itself a signal; nobody else gets one.
void allow_abort(scmp_filter_ctx filter) {
  for (const char* name : {"getpid", "gettid", "rt_sigprocmask"}) allow(filter, name);
  const auto to_itself = comparison(0, SCMP_CMP_EQ, kOwnProcess);
  const auto abort_only = comparison(2, SCMP_CMP_EQ, SIGABRT);
  check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 2, to_itself, abort_only), "tgkill");
}

// Of madvise(2) what allocators do. Some of the rest is meant for tests of the machine's memory.
void allow_advice(scmp_filter_ctx filter) {
  for (const int advice : {MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE,
                           MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP, MADV_DODUMP, MADV_POPULATE_WRITE}) {
    const auto same = comparison(2, SCMP_CMP_EQ, static_cast<unsigned>(advice));
    check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(madvise), 1, same), "madvise");
  }
}

// Calls that libraries try and can do without. All that is named nowhere here ends the process by SIGSYS, so
// that an attempt to do it is seen.
constexpr const char* kRefusedMildly[] = {"access",
                                          "arch_prctl",
                                          "clock_getres",
                                          "clock_nanosleep",
                                          "clone",
                                          "clone3",
                                          "dup",
                                          "dup2",
                                          "dup3",
                                          "epoll_create1",
                                          "eventfd2",
                                          "faccessat",
                                          "faccessat2",
                                          "fadvise64",
                                          "fallocate",
                                          "fcntl",
                                          "fdatasync",
                                          "fork",
                                          "fstat",
                                          "fsync",
                                          "futex_waitv",
                                          "get_robust_list",
                                          "getcwd",
                                          "getcpu",
                                          "getdents64",
                                          "getegid",
                                          "geteuid",
                                          "getgid",
                                          "getpgrp",
                                          "getppid",
                                          "getpriority",
                                          "getrlimit",
                                          "gettimeofday",
                                          "getuid",
                                          "ioctl",
                                          "lseek",
                                          "lstat",
                                          "membarrier",
                                          "mincore",
                                          "mlock",
                                          "mlock2",
                                          "munlock",
                                          "nanosleep",
                                          "newfstatat",
                                          "open",
                                          "openat",
                                          "pipe2",
                                          "pread64",
                                          "preadv",
                                          "prlimit64",
                                          "pselect6",
                                          "pwrite64",
                                          "pwritev",
                                          "readlink",
                                          "readlinkat",
                                          "readv",
                                          "rseq",
                                          "rt_sigaction",
                                          "rt_sigpending",
                                          "sched_getaffinity",
                                          "sched_getparam",
                                          "sched_getscheduler",
                                          "sched_setaffinity",
                                          "sched_yield",
                                          "select",
                                          "set_robust_list",
                                          "set_tid_address",
                                          "setpriority",
                                          "sigaltstack",
                                          "stat",
                                          "statfs",
                                          "fstatfs",
                                          "statx",
                                          "sysinfo",
                                          "time",
                                          "times",
                                          "umask",
                                          "uname",
                                          "unlink",
                                          "unlinkat",
                                          "vfork",
                                          "writev"};

void refuse_mildly(scmp_filter_ctx filter) {
  for (const char* name : kRefusedMildly) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number >= 0) check(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0), name);
  }
}

void add_rules(scmp_filter_ctx filter) {
  // What a computation needs, and nothing that reaches beyond the descriptors at hand.
  for (const char* name :
       {"read", "write", "poll", "ppoll", "close", "ftruncate", "brk", "munmap", "mremap", "exit",
        "exit_group", "rt_sigreturn", "restart_syscall", "clock_gettime", "getrandom", "getrusage"}) {
    allow(filter, name);
  }
  const auto not_executable = comparison(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
  check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, not_executable), "mmap");
  check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, not_executable), "mprotect");
  refuse_mildly(filter);
  allow_advice(filter);
  allow_locks(filter);
  allow_abort(filter);
}

void print(scmp_filter_ctx filter) {
  std::FILE* const program = std::tmpfile();
  if (program == nullptr) check(-errno, "tmpfile");
  check(seccomp_export_bpf(filter, fileno(program)), "export");
  check(lseek(fileno(program), 0, SEEK_SET) < 0 ? -errno : 0, "seek");
  std::printf(
      "// Made by generate_filter.cpp.\n#include <linux/filter.h>\n\nconstexpr unsigned kOwnProcess = "
      "%u;\n\n",
      kOwnProcess);
  std::puts("constexpr sock_filter kFilter[] = {");
  sock_filter step{};
  while (read(fileno(program), &step, sizeof step) == sizeof step) {
    std::printf("    {0x%04x, %u, %u, 0x%08x},\n", step.code, step.jt, step.jf, step.k);
  }
  std::puts("};");
  std::fclose(program);
}

}  // namespace

int main() {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  if (filter == nullptr) return 1;
  check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
  add_rules(filter);
  print(filter);
  seccomp_release(filter);
}
