#pragma once
// The loop's scheduling class. Of two threads in the kernel's usual classes the one that computes keeps its
// core until its slice or the clock's tick has ended, up to 4 ms, whatever their priorities (EEVDF, Linux 6.6
// and later; seen with SCHED_IDLE on 6.18); a real-time thread runs at once. Knows only the loop. Made in
// main.

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "server/loop.h"

/// Keeps the right to real-time priority for what this process becomes (setuid(2)). Best effort.
void keep_right_to_real_time();

/// Holds the loop's thread at real-time priority (SCHED_RR, 1) as long as it needs less than half of a core.
/// Once it took 50 ms of CPU time within 100 ms it is as any other thread for a second, in the midst of
/// whatever it does: others have a right to its core as well, and a busy loop does more when it is not woken
/// for each request. What the thread starts is in the usual class (SCHED_RESET_ON_FORK). One in a process: it
/// has the process's SIGRTMIN.
class LoopPriority {
 public:
  /// To be made by the loop's thread. Throws boost::system::system_error where there is no descriptor for it.
  explicit LoopPriority(Loop& loop);
  ~LoopPriority();

  /// False where this process has no right to it: CAP_SYS_NICE or RLIMIT_RTPRIO.
  bool take_real_time();

 private:
  void come_back();

  bool bounded_ = false;  ///< there is a timer that will tell
  asio::posix::basic_stream_descriptor<LoopExecutor>
      aside_;  ///< eventfd(2), written when it has stepped down
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, LoopExecutor> pause_;
};
