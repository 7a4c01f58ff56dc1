#pragma once
// One started process: its pid, its three pipes, its end and what it has used. Knows no job and no protocol.
// Owned by crew.h, and by whoever it is lent to; run_job.h talks to it.

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <functional>
#include <optional>

#include "server/loop/wake_up.h"
#include "server/process/consumption.h"
#include "server/process/job_folder.h"
#include "server/process/launch.h"
#include "server/process/program.h"
#include "server/process/wait_status.h"

namespace process {

/// How often the kernel is asked about a process that has closed its stdout: one is about to end then.
inline constexpr Milliseconds kLook{20};
/// For the accounts of a killed one, before its client is answered.
inline constexpr Milliseconds kDeathWatch{50};

/// The server's end of a pipe, whose reads and writes do not block. Says when there is something to do.
class PipeEnd {
 public:
  using Descriptor = asio::posix::basic_stream_descriptor<LoopExecutor>;

  PipeEnd(Loop& loop, WakeUp& event, Descriptor::wait_type what)
      : descriptor_(loop.get_executor()), event_(event), what_(what) {}
  /// Throws boost::system::system_error where the descriptor cannot be waited for.
  void own(loop::UniqueFd& fd);

  int fd() { return descriptor_.native_handle(); }
  /// Wakes the process's event once the pipe is ready.
  void listen();
  /// Whether it has become ready since the last call. Whoever is told so listens again.
  bool became_ready() { return std::exchange(ready_, false); }
  void close();

 private:
  Descriptor descriptor_;
  WakeUp& event_;
  const Descriptor::wait_type what_;
  bool listening_ = false;
  bool ready_ = false;
};

/// What a process has done before the job that it has now, or waits for.
struct History {
  std::uint64_t jobs = 0;  ///< that it was given, this one included
  double vigour = 1;       ///< the part of the jobs allowed that it is to do: not all end at once
  std::string key;         ///< of the client that it serves; empty: of all that have none
  JobLimits in_force{};    ///< the limits of the last one
  bool by_launcher = false;
  Clock::time_point idle_since;
  long last_pid = 0;  ///< that the kernel had given when it was childless
};

class Process {
 public:
  /// `on_end` is called on the loop once it has ended. Throws boost::system::system_error where the
  /// descriptors cannot be waited for; `launched` then still has those that could not.
  Process(Loop& loop, Launched& launched, std::function<void(const Process&)> on_end);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  /// It must have been ended.
  ~Process();

  pid_t pid() const { return pid_; }
  Clock::time_point started() const { return started_; }
  PipeEnd& in() { return pipes_.in; }
  PipeEnd& out() { return pipes_.out; }
  PipeEnd& err() { return pipes_.err; }
  /// Of an ordered one (order.h): its folder, and the file that is its stdout; none where that is a pipe.
  const loop::UniqueFd& folder() const { return ordered_.folder; }
  loop::UniqueFd& file() { return ordered_.file; }
  /// Removes the folder once this process is gone.
  void own(JobFolder folder) { ordered_.owned = std::move(folder); }
  /// Nothing is left of its job: another may have the folder.
  void leaves_nobody() { ordered_.owned.may_be_kept(); }

  /// Suspends until a pipe that is listened to is ready, it has ended, wake() is called, or `until`. One may
  /// wait at a time.
  awaitable<> event(Deadline until) { return event_.wait(until); }
  void wake() { event_.wake(); }

  /// True once the leader has ended. Asks the kernel, so it is never late.
  bool ended();
  const std::optional<WaitStatus>& status() const { return status_; }

  /// A thread reads stdout until the call with false: the process is not gone before.
  void lend_out(bool lent);

  /// Sends the policy's first signal to the whole group, once however often it is called.
  void ask_to_end(const EndPolicy& policy);
  void kill();

  /// Ends it: a moment to do so by itself where it `has_answered`, else the first signal and the grace; then
  /// SIGKILL, each to the whole group; and reaps it. Suspends until it is gone.
  awaitable<> end(const EndPolicy& policy, bool has_answered);
  /// The same without any grace. Blocks until it is gone: the last resort where nothing can suspend.
  void end_now();
  void close_pipes();

  /// It gets a job from now on.
  void begin_job(const Job& job, const Program& program);
  /// Its job is done, and it stays.
  void finish_job();
  const History& history() const { return history_; }
  void set_vigour(double part) { history_.vigour = part; }
  void started_by_launcher() { history_.by_launcher = true; }
  void note_childless(long last_pid) { history_.last_pid = last_pid; }
  /// True where that was not asked for so long; from then on it was.
  bool memory_is_unseen(Milliseconds time) { return consumption_.memory_is_unseen(time); }
  /// Bytes of memory that are resident now, shared ones included.
  std::uint64_t resident() { return consumption_.memory().resident; }
  /// Bytes of private memory, touched or not.
  std::uint64_t data() { return consumption_.memory().data; }

  /// CPU time and memory that its job has used, of a first one its start included: what the kernel tells at
  /// its end, once it has ended.
  Usage usage() const;
  /// Its peak memory so far, for usage(), where the kernel will not tell it.
  void note_peak();

 private:
  struct Pipes {  // of an ordered one some are closed
    PipeEnd in, out, err;
  };
  struct Ordered {
    loop::UniqueFd folder, file;
    JobFolder owned;
  };

  void watch_end();
  void signal_group(int signal);
  void reap();

  Loop& loop_;
  const pid_t pid_;
  const Clock::time_point started_ = Clock::now();
  const std::function<void(const Process&)> on_end_;
  WakeUp event_;
  PipeEnd::Descriptor exit_;
  Pipes pipes_;
  Ordered ordered_;
  bool out_lent_ = false;
  bool reaped_ = false;
  std::optional<Clock::time_point> asked_to_end_;
  std::optional<WaitStatus> status_;
  Consumption consumption_;
  History history_;
};

}  // namespace process
