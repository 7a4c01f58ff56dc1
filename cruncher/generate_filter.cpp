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
    const auto same = SCMP_A1(SCMP_CMP_MASKED_EQ, static_cast<unsigned>(FUTEX_CMD_MASK) & 0xffffffffu,
                              static_cast<unsigned>(operation));
    check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(futex), 1, same), "futex");
  }
}

// abort(), which looks itself up and sends itself a signal; nobody else gets one.
void allow_abort(scmp_filter_ctx filter) {
  for (const char* name : {"getpid", "gettid", "rt_sigprocmask"}) allow(filter, name);
  const auto to_itself = SCMP_A0(SCMP_CMP_EQ, kOwnProcess);
  const auto abort_only = SCMP_A2(SCMP_CMP_EQ, SIGABRT);
  check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 2, to_itself, abort_only), "tgkill");
}

void add_rules(scmp_filter_ctx filter) {
  // What a computation needs, and nothing that reaches beyond the descriptors at hand.
  for (const char* name :
       {"read", "write", "poll", "ppoll", "close", "ftruncate", "brk", "munmap", "mremap", "madvise", "exit",
        "exit_group", "rt_sigreturn", "restart_syscall", "clock_gettime", "getrandom"}) {
    allow(filter, name);
  }
  const auto not_executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
  check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, not_executable), "mmap");
  check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, not_executable), "mprotect");
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
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (filter == nullptr) return 1;
  check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
  add_rules(filter);
  print(filter);
  seccomp_release(filter);
}
