#pragma once
// Starts a process so that nothing of the server leaks into it and nothing of it outlives the server. Blocks
// until the program is executing or has failed to. Knows no job and no loop. Called by launcher.h only.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "server/loop/unique_fd.h"
#include "server/process/order.h"
#include "server/process/program.h"
#include "server/process/resource_limits.h"

namespace process {

/// The signals that this process ignores: the one part of its signal dispositions that survives execve(2).
std::vector<int> ignored_signals();

struct Launched {
  pid_t pid = -1;
  loop::UniqueFd in, out, err;  ///< the server's ends, close-on-exec
  loop::UniqueFd pidfd;         ///< opened by the server, its parent
  loop::UniqueFd folder, file;  ///< of an ordered one, in place of `in`, and of `out` unless it streams
  double took_seconds = 0;      ///< until the program executed
  long inherited_kib = 0;       ///< what its ru_maxrss has begun with: the launcher's
  int error = 0;                ///< errno where there is no process
  std::string step;             ///< what failed, as a man page calls it; at most 15 characters
  std::string words;            ///< the last of what a fork server has said that is no more

  explicit operator bool() const { return error == 0; }
};

/// What a process puts itself under before it executes (confinement.h).
struct Bounds {
  int ruleset = -1;                    ///< -1: none
  const sock_fprog* filter = nullptr;  ///< null: none
};

/// For the calling thread, and all that it starts. Best effort.
void set_priority(Priority priority);

/// Makes a process, and all that it starts from then on, the first that the OOM killer takes. False where it
/// may not: a process that is not dumpable has its files under /proc owned by root.
bool prefer_for_oom(pid_t pid);

/// Launches a child of this process's own parent (CLONE_PARENT). Does not throw. The child has
/// - a group of its own, default signals and an empty mask;
/// - descriptors 0 to 2 alone;
/// - no_new_privs, and `bounds` to confine it;
/// - a death signal for the end of that parent's *thread*;
/// - the program's limits, already in force.
/// A child that failed to execute has ended when this returns. `preferred_for_oom`: this process is so
/// already, which is inherited.
Launched launch(const Program& program, const Bounds& bounds, bool preferred_for_oom);

/// The same for an order: makes the job's folder, and the file for its stdout unless that is a pipe. Of
/// `program` only what holds for all orders is used.
Launched launch(const Program& program, const Order& order, const Confiner& confiner, bool preferred_for_oom);

/// The program's fork server, which the launcher becomes.
class ForkServer {
 public:
  /// `program`, and what `bounds` names, must outlive it.
  ForkServer(const Program& program, const Bounds& bounds);

  /// Turns this process, a child of `server`, into it, with its descriptors as they are. Returns where it
  /// cannot, with errno; what it has set by then stays, and is not set again. Takes no memory, which the
  /// program's own limit may refuse by then.
  void become(pid_t server);

 private:
  const Program& program_;
  Bounds bounds_;  // those that it is not under yet
  const ResourceLimits limits_;
  std::vector<std::string> words_;
  std::vector<char*> argv_, envp_;
};

}  // namespace process
