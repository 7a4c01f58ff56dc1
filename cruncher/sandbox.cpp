#include "cruncher/sandbox.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <span>
#include <string>

#include "cruncher/output.h"
#include "cruncher/syscall_filter.h"

// Calls and constants that the headers of older distributions lack.
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self 446
#endif

namespace cruncher {
namespace {

// A parent that died before this is either noticed here, by its id, or by the end of stdin that it left
// behind.
Layer die_with_parent() {
  const pid_t parent = getppid();
  const bool active = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
  if (getppid() != parent) _exit(1);
  return {"parent_death", active, "killed when the server dies"};
}

// RLIMIT_CORE alone would not do: a core that goes to a handler does not heed it (core(5)).
Layer hide_memory() {
  const rlimit none{0, 0};
  const bool active = setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
  return {"no_dump", active, "leaves no core dump, lets no debugger of the same user in"};
}

Layer drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3]{};
  const bool active = syscall(SYS_capset, &header, none) == 0;
  return {"capabilities", active, "holds none of root's, whoever it is run by"};
}

Layer forbid_privileges() {
  const bool active = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  return {"no_new_privs", active, "gains no privilege, whatever it executes"};
}

// landlock(7); linux/landlock.h of the time of writing knows less than the kernels around.
struct LandlockRuleset {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};

constexpr std::uint64_t lowest_bits(int count) {
  return (std::uint64_t{1} << count) - 1;
}

// All that this version can refuse, with nothing allowed in return.
LandlockRuleset refuse_all(int version) {
  LandlockRuleset ruleset{lowest_bits(13), 0, 0};
  if (version >= 2) ruleset.handled_access_fs = lowest_bits(14);
  if (version >= 3) ruleset.handled_access_fs = lowest_bits(15);
  if (version >= 4) ruleset.handled_access_net = lowest_bits(2);  // bind and connect by TCP
  if (version >= 5) ruleset.handled_access_fs = lowest_bits(16);
  if (version >= 6) ruleset.scoped = lowest_bits(2);  // abstract sockets and signals
  return ruleset;
}

Layer forbid_files() {
  constexpr std::string_view name = "landlock";
  constexpr unsigned ask_version = 1;
  const auto version = syscall(SYS_landlock_create_ruleset, nullptr, 0, ask_version);
  if (version < 1) return {name, false, "not offered by this kernel", false};
  const auto refused = refuse_all(static_cast<int>(version));
  // The first versions take the first member only.
  const std::size_t size = version >= 6   ? sizeof refused
                           : version >= 4 ? 2 * sizeof(std::uint64_t)
                                          : sizeof(std::uint64_t);
  const auto ruleset = static_cast<int>(syscall(SYS_landlock_create_ruleset, &refused, size, 0));
  if (ruleset < 0) return {name, false, "refused by this kernel", false};
  const bool active = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  close(ruleset);
  return {name, active, active ? "opens no file, binds and connects no socket" : "refused by this kernel",
          false};
}

// Tells of a refused call and lets the caller go on as if the kernel had said EPERM.
void tell_of_call(int, siginfo_t* info, void* context) {
  write_all(STDERR_FILENO,
            "cruncher: the sandbox refuses the system call " + std::to_string(info->si_syscall) + "\n");
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  registers.gregs[REG_RAX] = -EPERM;
#elif defined(__aarch64__)
  registers.regs[0] = static_cast<unsigned long long>(-EPERM);
#else
  static_cast<void>(registers);
#endif
}

// In place of each refusal a signal, by which the call is told of.
void report_refusals(std::span<sock_filter> filter) {
  struct sigaction action {};
  action.sa_sigaction = tell_of_call;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSYS, &action, nullptr);
  for (auto& step : filter) {
    if (step.code == (BPF_RET | BPF_K) && step.k != SECCOMP_RET_ALLOW) step.k = SECCOMP_RET_TRAP;
  }
}

Layer forbid_system_calls(Strictness strictness) {
  auto filter = std::to_array(kFilter);
  for (auto& step : filter)
    if (step.k == kOwnProcess) step.k = static_cast<unsigned>(getpid());
  if (strictness == Strictness::report) report_refusals(filter);
  sock_fprog program{};
  program.len = filter.size();
  program.filter = filter.data();
  const bool active = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
  return {"seccomp", active,
          active ? "computes, allocates, reads, writes and waits for what is open, and exits; nothing else"
                 : "refused by this kernel"};
}

// Whether nothing is missing that is required.
bool tell_what_is_missing(const Sandbox& sandbox, Strictness strictness) {
  std::string missing;
  bool is_refused = false;
  for (const auto& [name, active, detail, is_required] : sandbox.layers) {
    if (active) continue;
    is_refused |= is_required && strictness == Strictness::required;
    missing += missing.empty() ? "cruncher: the sandbox lacks " : ", ";
    missing += std::string(name) + " (" + std::string(detail) + ")";
  }
  if (is_refused)
    missing += "; it runs nothing without, unless by --sandbox best-effort or CRUNCHER_SANDBOX=best-effort";
  if (!missing.empty()) write_all(STDERR_FILENO, missing + "\n");
  return !is_refused;
}

}  // namespace

std::optional<Strictness> strictness_of(std::string_view name) {
  if (name == "required") return Strictness::required;
  if (name == "best-effort") return Strictness::best_effort;
  if (name == "report") return Strictness::report;
  return std::nullopt;
}

Sandbox enter_sandbox(Parent parent, Strictness strictness) {
  Sandbox sandbox;
  sandbox.layers.reserve(6);
  if (parent == Parent::server) sandbox.layers.push_back(die_with_parent());
  sandbox.layers.push_back(hide_memory());
  sandbox.layers.push_back(drop_capabilities());
  sandbox.layers.push_back(forbid_privileges());
  sandbox.layers.push_back(forbid_files());
  sandbox.layers.push_back(forbid_system_calls(strictness));
  if (!tell_what_is_missing(sandbox, strictness)) _exit(1);
  return sandbox;
}

}  // namespace cruncher
