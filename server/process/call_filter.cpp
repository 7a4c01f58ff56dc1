#include "server/process/call_filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace process {
namespace {

#if defined(__x86_64__)
constexpr unsigned kNative = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kNative = AUDIT_ARCH_AARCH64;
#else
constexpr unsigned kNative = 0;
#endif
constexpr unsigned kX32 = 0x40000000;  // calls of another kind by the same numbers, on x86-64
constexpr unsigned kTypeOfSocket = 0xf;
constexpr unsigned kRefused = SECCOMP_RET_ERRNO | EACCES;

using Instructions = std::vector<sock_filter>;

void load(Instructions& program, unsigned offset) {
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

// The low half of an argument: those that are looked at are of 32 bits.
void load_argument(Instructions& program, unsigned number) {
  load(program, static_cast<unsigned>(offsetof(seccomp_data, args) + number * sizeof(std::uint64_t)));
}

void answer(Instructions& program, unsigned verdict) {
  program.push_back(BPF_STMT(BPF_RET | BPF_K, verdict));
}

void answer_if(Instructions& program, unsigned comparison, unsigned value, unsigned verdict) {
  program.push_back(BPF_JUMP(BPF_JMP | comparison | BPF_K, value, 0, 1));
  answer(program, verdict);
}

// `rules` hold for one call alone, and end with an answer. The accumulator has the call's number before.
template <typename Rules>
void for_call(Instructions& program, unsigned call, Rules rules) {
  Instructions inner;
  rules(inner);
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, static_cast<unsigned char>(inner.size())));
  program.insert(program.end(), inner.begin(), inner.end());
}

void refuse_sockets(Instructions& rules) {
  load_argument(rules, 0);
  for (const unsigned domain : {AF_UNIX, AF_NETLINK}) answer_if(rules, BPF_JEQ, domain, SECCOMP_RET_ALLOW);
  // Of the internet's only UDP: there is more than one way to TCP.
  rules.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 2, 0));
  rules.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 1, 0));
  answer(rules, kRefused);
  load_argument(rules, 1);
  rules.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, kTypeOfSocket));
  answer_if(rules, BPF_JEQ, SOCK_DGRAM, SECCOMP_RET_ALLOW);
  answer(rules, kRefused);
}

void refuse_namespaces(Instructions& rules) {
  load_argument(rules, 0);
  answer_if(rules, BPF_JSET, CLONE_NEWUSER, SECCOMP_RET_ERRNO | EPERM);
  answer(rules, SECCOMP_RET_ALLOW);
}

Instructions program_of(bool network) {
  Instructions program;
  load(program, offsetof(seccomp_data, arch));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kNative, 1, 0));
  answer(program, SECCOMP_RET_ERRNO | ENOSYS);  // programs of another machine, which this one runs as well
  load(program, offsetof(seccomp_data, nr));
  if (kNative == AUDIT_ARCH_X86_64) answer_if(program, BPF_JGE, kX32, SECCOMP_RET_ERRNO | ENOSYS);
  answer_if(program, BPF_JEQ, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);  // whose flags are in memory: clone(2)
  answer_if(program, BPF_JEQ, SYS_io_uring_setup, SECCOMP_RET_ERRNO | ENOSYS);  // by which calls pass filters
  for (const long call : {SYS_shmget, SYS_msgget, SYS_semget})  // what they make would outlive the job
    answer_if(program, BPF_JEQ, static_cast<unsigned>(call), kRefused);
  for (const long call : {SYS_clone, SYS_unshare})
    for_call(program, static_cast<unsigned>(call), refuse_namespaces);
  for_call(program, SYS_prlimit64, [](Instructions& rules) {  // Landlock knows no such access
    load_argument(rules, 0);
    answer_if(rules, BPF_JEQ, 0, SECCOMP_RET_ALLOW);
    answer(rules, SECCOMP_RET_ERRNO | EPERM);
  });
  if (!network) for_call(program, SYS_socket, refuse_sockets);
  answer(program, SECCOMP_RET_ALLOW);
  return program;
}

struct Filter {
  explicit Filter(bool network)
      : program(program_of(network)), filter{static_cast<unsigned short>(program.size()), program.data()} {}
  Instructions program;
  sock_fprog filter;
};

}  // namespace

const sock_fprog* call_filter(bool network) {
  if (kNative == 0) return nullptr;
  static const Filter with(true), without(false);
  return network ? &with.filter : &without.filter;
}

bool filter_own_calls(const sock_fprog& filter) {
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0 || errno == EINVAL;
}

}  // namespace process
