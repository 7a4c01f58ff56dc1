#pragma once
// What each process of a job is, whoever makes it: the server's launcher, or the cruncher's fork server.
// System calls only, since it is called where nothing else may be done.

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace ipc {

/// For /proc/PID/oom_score_adj, of 1000: jobs are the first that the OOM killer takes.
inline constexpr char kOomScore[] = "900";

/// In the new process: it leads a group of its own, and ends with `parent`. False where that has ended
/// already. No session of its own: each would be an autogroup (sched(7)), and between those SCHED_IDLE means
/// nothing.
inline bool leave_group_of(pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  return ::getppid() == parent;
}

}  // namespace ipc
