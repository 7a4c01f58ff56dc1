#include "server/process/call_filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
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
constexpr unsigned kNotPermitted = SECCOMP_RET_ERRNO | EPERM;
constexpr unsigned kUnknown = SECCOMP_RET_ERRNO | ENOSYS;
constexpr unsigned kMemfdSecret = 447;      // older headers lack it
constexpr unsigned kPriorityOfProcess = 1;  // IOPRIO_WHO_PROCESS: no header of libc has it

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
  answer_if(rules, BPF_JSET, CLONE_NEWUSER, kNotPermitted);
  answer(rules, SECCOMP_RET_ALLOW);
}

// The argument `number` is a process's id: 0 is the caller.
void refuse_others(Instructions& rules, unsigned number) {
  load_argument(rules, number);
  answer_if(rules, BPF_JEQ, 0, SECCOMP_RET_ALLOW);
  answer(rules, kNotPermitted);
}

// A process of any job may otherwise join the group of another's, and be taken for one of its own.
void refuse_groups_of_others(Instructions& rules) {
  load_argument(rules, 1);
  answer_if(rules, BPF_JEQ, 0, SECCOMP_RET_ALLOW);
  rules.push_back(BPF_STMT(BPF_MISC | BPF_TAX, 0));
  load_argument(rules, 0);
  rules.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1));
  answer(rules, SECCOMP_RET_ALLOW);
  answer(rules, kNotPermitted);
}

// The first argument says what the second is the id of. A group may be another job's.
void refuse_all_but(Instructions& rules, unsigned kind) {
  load_argument(rules, 0);
  rules.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kind, 1, 0));
  answer(rules, kNotPermitted);
  refuse_others(rules, 1);
}

void keep_death_signal(Instructions& rules) {
  load_argument(rules, 0);
  rules.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_PDEATHSIG, 1, 0));
  answer(rules, SECCOMP_RET_ALLOW);
  load_argument(rules, 1);
  answer_if(rules, BPF_JEQ, SIGKILL, SECCOMP_RET_ALLOW);
  answer(rules, kNotPermitted);
}

void answer_calls(Instructions& program, std::initializer_list<unsigned> calls, unsigned verdict) {
  for (const auto call : calls) answer_if(program, BPF_JEQ, call, verdict);
}

// The accumulator has the call's number from here on.
void begin(Instructions& program) {
  load(program, offsetof(seccomp_data, arch));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kNative, 1, 0));
  answer(program, kUnknown);  // programs of another machine, which this one runs as well
  load(program, offsetof(seccomp_data, nr));
  if (kNative == AUDIT_ARCH_X86_64) answer_if(program, BPF_JGE, kX32, kUnknown);
}

void refuse_for_all(Instructions& program) {
  answer_calls(program, {SYS_clone3}, kUnknown);  // whose flags are in memory: clone(2)
  // What they make would outlive the job.
  answer_calls(program, {SYS_shmget, SYS_msgget, SYS_semget, SYS_mq_open}, kRefused);
  answer_calls(program, {SYS_add_key, SYS_request_key, SYS_keyctl}, kRefused);
  answer_calls(program, {SYS_setns}, kNotPermitted);
  for (const unsigned call : {SYS_clone, SYS_unshare}) for_call(program, call, refuse_namespaces);
  // Landlock knows no such access.
  for (const unsigned call :
       {SYS_prlimit64, SYS_sched_setscheduler, SYS_sched_setparam, SYS_sched_setattr, SYS_sched_setaffinity})
    for_call(program, call, [](Instructions& rules) { refuse_others(rules, 0); });
  for_call(program, SYS_setpriority, [](Instructions& rules) { refuse_all_but(rules, PRIO_PROCESS); });
  for_call(program, SYS_ioprio_set, [](Instructions& rules) { refuse_all_but(rules, kPriorityOfProcess); });
}

Instructions program_of(const CallsOfCommand& may) {
  Instructions program;
  begin(program);
  refuse_for_all(program);
  answer_calls(program, {SYS_io_uring_setup}, kUnknown);  // by which calls pass filters
  if (!may.memory_files) answer_calls(program, {SYS_memfd_create, kMemfdSecret}, kUnknown);
  for_call(program, SYS_prctl, keep_death_signal);
  for_call(program, SYS_setpgid, refuse_groups_of_others);
  if (!may.network) for_call(program, SYS_socket, refuse_sockets);
  answer(program, SECCOMP_RET_ALLOW);
  return program;
}

Instructions program_of_cruncher() {
  Instructions program;
  begin(program);
  refuse_for_all(program);
  answer(program, SECCOMP_RET_ALLOW);
  return program;
}

struct Filter {
  explicit Filter(Instructions instructions)
      : program(std::move(instructions)),
        filter{static_cast<unsigned short>(program.size()), program.data()} {}
  Instructions program;
  sock_fprog filter;
};

}  // namespace

const sock_fprog* filter_of_command(const CallsOfCommand& may) {
  if (kNative == 0) return nullptr;
  static const Filter none(program_of({false, false})), memory_files(program_of({false, true})),
      network(program_of({true, false})), both(program_of({true, true}));
  if (may.network) return may.memory_files ? &both.filter : &network.filter;
  return may.memory_files ? &memory_files.filter : &none.filter;
}

const sock_fprog* filter_of_cruncher() {
  if (kNative == 0) return nullptr;
  static const Filter filter(program_of_cruncher());
  return &filter.filter;
}

bool filter_own_calls(const sock_fprog& filter) {
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0 || errno == EINVAL;
}

}  // namespace process
