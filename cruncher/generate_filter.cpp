// Build-time program: has libseccomp compile the sandbox's system call filter and prints it as C++ source, so
// that a cruncher neither links libseccomp nor spends a third of its start on it.

#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <map>
#include <vector>

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

// Calls that libraries try and can do without: they are told EPERM. All that is named nowhere here ends the
// process by SIGSYS, so that an attempt to do it is seen.
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
  allow_advice(filter);
  allow_locks(filter);
  allow_abort(filter);
}

std::vector<sock_filter> compiled(scmp_filter_ctx filter) {
  std::FILE* const file = std::tmpfile();
  if (file == nullptr) check(-errno, "tmpfile");
  check(seccomp_export_bpf(filter, fileno(file)), "export");
  check(lseek(fileno(file), 0, SEEK_SET) < 0 ? -errno : 0, "seek");
  std::vector<sock_filter> steps;
  sock_filter step{};
  while (read(fileno(file), &step, sizeof step) == sizeof step) steps.push_back(step);
  std::fclose(file);
  return steps;
}

// For a call that no rule allows: EPERM where it is refused mildly, else the end. A bit for each number, in
// words of 32, since a comparison for each would be most of the filter, which the kernel compiles for every
// process.
std::vector<sock_filter> refusal() {
  std::map<unsigned, unsigned> words;
  for (const char* name : kRefusedMildly)
    if (const int number = seccomp_syscall_resolve_name(name); number >= 0)
      words[static_cast<unsigned>(number) / 32] |= 1u << (number % 32);
  const auto do_alu = [](int what, unsigned by) { return sock_filter BPF_STMT(BPF_ALU | BPF_K | what, by); };
  const sock_filter load_number = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  const sock_filter store = BPF_STMT(BPF_ST, 0);
  const sock_filter to_x = BPF_STMT(BPF_MISC | BPF_TAX, 0);
  std::vector<sock_filter> steps{BPF_STMT(BPF_LDX | BPF_IMM, 0), load_number, do_alu(BPF_RSH, 5)};
  for (const auto& [index, bits] : words) {
    steps.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, index, 0, 1));
    steps.push_back(BPF_STMT(BPF_LDX | BPF_IMM, bits));
  }
  steps.insert(steps.end(), {BPF_STMT(BPF_MISC | BPF_TXA, 0), store, load_number, do_alu(BPF_AND, 31), to_x,
                             BPF_STMT(BPF_LD | BPF_MEM, 0), BPF_STMT(BPF_ALU | BPF_RSH | BPF_X, 0),
                             BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1),
                             BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                             BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)});
  return steps;
}

// The one step that ends the process becomes the way to refusal(), which stands behind the rest.
std::vector<sock_filter> with_refusal(std::vector<sock_filter> steps) {
  const auto ends = [](const sock_filter& step) {
    return step.code == (BPF_RET | BPF_K) && step.k == SECCOMP_RET_KILL_PROCESS;
  };
  if (std::count_if(steps.begin(), steps.end(), ends) != 1) check(-EINVAL, "a filter with one end");
  const auto end = std::find_if(steps.begin(), steps.end(), ends);
  *end = BPF_STMT(BPF_JMP | BPF_JA, static_cast<unsigned>(steps.end() - end - 1));
  const auto more = refusal();
  steps.insert(steps.end(), more.begin(), more.end());
  return steps;
}

void print(const std::vector<sock_filter>& steps) {
  const auto stands_for = [](const sock_filter& step) { return step.k == kOwnProcess; };
  if (std::count_if(steps.begin(), steps.end(), stands_for) != 1) check(-EINVAL, "one own process");
  std::printf(
      "// Made by generate_filter.cpp.\n#include <linux/filter.h>\n\nconstexpr unsigned kOwnProcess = "
      "%u;\n\n",
      kOwnProcess);
  std::puts("constexpr sock_filter kFilter[] = {");
  for (const auto& step : steps)
    std::printf("    {0x%04x, %u, %u, 0x%08x},\n", step.code, step.jt, step.jf, step.k);
  std::puts("};");
}

}  // namespace

int main() {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  if (filter == nullptr) return 1;
  check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
  add_rules(filter);
  print(with_refusal(compiled(filter)));
  seccomp_release(filter);
}
