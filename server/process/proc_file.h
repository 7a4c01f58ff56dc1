#pragma once
// What proc(5) says about a process, for the accounts and for people. Reads files of /proc, which never
// block.

#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "server/loop/unique_fd.h"

namespace process {

/// Peak resident memory so far (VmHWM), in KiB; nothing where the process has ended.
std::optional<long> peak_resident_kib(pid_t pid);
/// Resident memory now (VmRSS), in KiB.
std::optional<long> resident_kib(pid_t pid);
/// What it alone holds in memory now, in KiB: anonymous and shared memory (RssAnon, RssShmem), not the pages
/// of files, which the kernel takes back as it needs them.
std::optional<long> held_kib(pid_t pid);
/// Whether it and all that it starts lack the means to gain rights (prctl(2)): for good, once it is so. True
/// where nobody can tell.
bool has_no_new_privs(pid_t pid);
/// CPU time of all its threads so far, in milliseconds.
std::optional<double> cpu_ms(pid_t pid);
/// The same, each time that it is asked for: one system call, since its clock is looked up once.
class CpuTimeOf {
 public:
  explicit CpuTimeOf(pid_t pid);
  std::optional<double> operator()() const;

 private:
  std::optional<clockid_t> clock_;
};

/// The memory of a process in bytes, each time that it is asked for: one read of a file that is kept open.
class MemoryOf {
 public:
  struct Memory {
    std::uint64_t resident = 0;  ///< shared memory included
    std::uint64_t data = 0;      ///< private and writable, touched or not: what RLIMIT_DATA bounds
  };
  explicit MemoryOf(pid_t pid);
  /// Zeros where it has ended.
  Memory operator()() const;

 private:
  loop::UniqueFd file_;
};
/// The children of all threads of that process.
std::vector<pid_t> children_of(pid_t pid);
/// The children of all threads of this process. While children end, the kernel may leave out some that live
/// (proc(5)): children_by_parent() does not.
std::vector<pid_t> children();
/// The same by a look at every process of the machine: sure and slow.
std::vector<pid_t> children_by_parent();
/// The children of one thread, of this process or another, oldest first, each time that they are asked for.
class ChildrenOfThread {
 public:
  explicit ChildrenOfThread(pid_t thread);
  ChildrenOfThread(pid_t process, pid_t thread);
  std::vector<pid_t> operator()() const;

 private:
  loop::UniqueFd file_;
};

}  // namespace process
