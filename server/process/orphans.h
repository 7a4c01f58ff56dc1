#pragma once
// Processes that a job left behind: children and daemons that outlived their parent. The server is their
// subreaper, so they become children of its main thread, which itself starts none: whatever appears there is
// an orphan, and is killed. Strangers come there as well, to PID 1 of a container; they are known by what no
// descendant of a job can take off (no_new_privs), and only reaped. Used by crew.h after every job.

#include <sys/types.h>

#include <cstdint>
#include <unordered_map>
#include <unordered_set>

#include "server/loop/loop.h"
#include "server/process/proc_file.h"

namespace process {

class Orphans {
 public:
  /// Makes this process the subreaper (PR_SET_CHILD_SUBREAPER). Children that it has already are left alone.
  /// To be constructed on the main thread.
  explicit Orphans(Loop& loop);

  /// `leader` is a cruncher: what is in its group ends with it, and is left alone until then.
  void spare_group(pid_t leader) { crunchers_.insert(leader); }
  void spare_no_more(pid_t leader) { crunchers_.erase(leader); }
  /// Whether there are orphans in its group.
  bool any_led_by(pid_t leader) const;

  /// Kills and reaps what is there, at once what there mostly is, of many some at a time. Looks again soon,
  /// until two looks found nothing: one may miss what lives (proc(5), children).
  void sweep();
  /// Whether there is none at this moment, be it one that is spared. What is left of a job has an ancestor
  /// here, and the kernel lists a thread's first child under its lock: this misses nobody.
  bool none() const { return children_().empty(); }
  /// True while a sweep is to come.
  bool busy() const { return scheduled_; }

  /// A child of another thread that nobody owns: it is killed and reaped like an orphan.
  void end_stray(pid_t pid) {
    strays_.insert(pid);
    sweep();
  }

  /// Sends every cruncher that runs SIGTERM, and waits until all have ended, or `patience` is over. Blocks.
  void ask_all_to_end(Milliseconds patience);

  /// Kills and reaps every child of this process, and what they leave behind; blocks until all are gone, or
  /// `patience` is over. To be called last. How many are left.
  std::size_t end_all(Milliseconds patience);

  std::uint64_t killed() const { return killed_; }

 private:
  struct Sweep {
    std::unordered_set<pid_t> orphans;  // all of them
    std::unordered_set<pid_t> groups;   // that were killed
  };
  bool end(pid_t pid, Sweep& sweep);
  bool is_led(pid_t pid);
  bool is_stranger(pid_t pid) const;
  void look();

  Timer again_;
  const ChildrenOfThread children_;
  const bool knows_strangers_;  // not where this process itself has no_new_privs
  std::unordered_set<pid_t> not_ours_, strays_, crunchers_;
  std::unordered_map<pid_t, pid_t> hosts_;  // orphan → the first group in which it was spared
  pid_t last_ = 0;                          // that was looked at
  std::size_t unseen_ = 0;                  // in this round
  std::uint64_t killed_ = 0;
  bool fresh_ = false;  // there may be new ones
  bool quiet_ = false;  // the last round found nothing to end
  bool scheduled_ = false;
};

}  // namespace process
