#pragma once
// The loop's scheduling class. Of two threads in the kernel's usual classes the one that computes keeps its
// core until its slice or the clock's tick has ended, up to 4 ms, whatever their priorities (EEVDF, Linux 6.6
// and later; seen with SCHED_IDLE on 6.18); a real-time thread runs at once. Knows only the loop. Made in
// main.

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <functional>

#include "server/loop/loop.h"

namespace loop {

/// Keeps the right to its classes for what this process becomes (setuid(2)). Best effort.
void keep_right_to_real_time();

/// Gives the calling thread the nice value of a busy loop: who takes what the loop makes must not fall
/// behind. Best effort.
void set_nice_of_busy_loop();

/// Holds the loop's thread at real-time priority while others can spare the core. One in a process: it has
/// the process's SIGRTMIN.
/// - Real-time (SCHED_RR, 1) while the thread needs less than half of a core.
/// - A batch thread (SCHED_BATCH, nice -10 where permitted) once it has taken 50 of 100 ms.
///   So a busy loop does more: it is not woken for each request.
/// - Real-time again once the thread has taken less than 0.4 s in one second.
/// What the thread starts is not real-time, and has the nice value 0 (SCHED_RESET_ON_FORK).
class RealTimeLoop {
 public:
  /// To be made by the loop's thread. `on_refusal` hears of each time that the class cannot be taken, with
  /// errno (EPERM: neither CAP_SYS_NICE nor RLIMIT_RTPRIO); it is not tried again. Throws
  /// boost::system::system_error where there is no descriptor for it.
  RealTimeLoop(Loop& loop, std::function<void(int error)> on_refusal);
  ~RealTimeLoop();

  /// For the first time.
  void step_up();

  /// At once, for a second at least: somebody needs the core. On the loop.
  void step_down();

 private:
  void come_back();
  void pause();

  std::function<void(int error)> on_refusal_;
  asio::posix::basic_stream_descriptor<LoopExecutor> stepped_down_;  ///< eventfd(2)
  Timer pause_;
};

}  // namespace loop
