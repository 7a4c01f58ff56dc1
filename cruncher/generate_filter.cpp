// Build-time program: has libseccomp compile the sandbox's system call filter and prints it as C++ source, so
// that a cruncher neither links libseccomp nor spends a third of its start on it.

#include <linux/filter.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
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
}

void print(scmp_filter_ctx filter) {
  std::FILE* const program = std::tmpfile();
  if (program == nullptr) check(-errno, "tmpfile");
  check(seccomp_export_bpf(filter, fileno(program)), "export");
  check(lseek(fileno(program), 0, SEEK_SET) < 0 ? -errno : 0, "seek");
  std::puts(
      "// Made by generate_filter.cpp.\n#include <linux/filter.h>\n\nconstexpr sock_filter kFilter[] = {");
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
