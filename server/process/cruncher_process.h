#pragma once
// One started cruncher: its process, its three pipes, the one job that it may be given, and its end.
// Knows no queue and no HTTP. Made by spares.h, run by dispatcher.h, ended by burial.h.

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "ipc/line_reader.h"
#include "server/loop/thread_pool.h"
#include "server/loop/wake_up.h"
#include "server/process/job.h"
#include "server/process/launch.h"
#include "server/process/outcome.h"
#include "server/process/reading.h"
#include "server/process/wait_status.h"

namespace process {

class CruncherProcess : public std::enable_shared_from_this<CruncherProcess> {
 public:
  /// `json_pool` reads and parses what is too long for the loop; it must outlive the process. Throws
  /// boost::system::system_error where the descriptors cannot be waited for.
  static std::shared_ptr<CruncherProcess> adopt(Loop& loop, ThreadPool& json_pool, Launched launched);
  CruncherProcess(const CruncherProcess&) = delete;
  CruncherProcess& operator=(const CruncherProcess&) = delete;

  pid_t pid() const { return pid_; }
  Clock::time_point started() const { return started_; }

  /// True once the leader has ended. Asks the kernel, so it is never late.
  bool ended();

  /// `gone` is called on the loop if the process ends while it waits for a job.
  void while_spare(std::function<void()> gone) { gone_ = std::move(gone); }

  /// Gives it the job and waits for what becomes of it; suspends until the job's deadline at most (and a
  /// moment more, to read what a killed job has cost). `progress` gets fractions. `may_remain`: a brief job
  /// is over when all has been said, though its process has not ended. May be called once; afterwards the
  /// process must be ended.
  awaitable<Outcome> run(const Job& job, double& progress, bool may_remain);

  /// What the job took; of CPU time and memory all that its process has used, its start included: what the
  /// kernel tells at its end, once it has ended.
  Usage usage() const;

  /// Ends it: a moment to do so by itself where it has answered, else TERM and up to `grace`; then KILL, each
  /// to the whole group; and reaps it. Suspends until it is gone.
  awaitable<> end(Milliseconds grace);

  /// After end(): closes its pipes, whose readers would keep it alive, and gives its texts back.
  void release();

 private:
  CruncherProcess(Loop& loop, ThreadPool& json_pool, Launched launched);

  static constexpr Milliseconds kExitGrace{100};  // for one that has answered to end by itself
  using Descriptor = asio::posix::basic_stream_descriptor<LoopExecutor>;

  void watch_exit();
  void pump_in();
  void pump_out();
  void pump_err();
  void read_out();
  void read_long_line();
  void note_end_of_output();
  awaitable<> read_what_is_left();
  void take_bytes(std::string_view bytes);
  void take_fed(std::size_t count);
  void take_lines();
  void take_line(std::string line, bool on_loop);
  void take(Reading reading);
  bool given() const { return lines_.has_value(); }
  bool settled() const;
  Outcome conclude();
  void poke() { event_.wake(); }
  void signal_group(int signal);
  void close_pipes();
  void reap();
  void fault(Reason reason, std::string detail);

  Loop& loop_;
  ThreadPool& json_pool_;
  const pid_t pid_;
  const long inherited_kib_;
  Descriptor exit_, in_, out_, err_;
  WakeUp event_;
  std::function<void()> gone_;
  Clock::time_point started_ = Clock::now();

  const Job* job_ = nullptr;
  double* progress_ = nullptr;
  Clock::time_point given_;
  std::size_t written_ = 0;
  std::optional<ipc::LineReader> lines_;
  std::size_t bytes_out_ = 0;
  enum class Pool { idle, reads, parses };
  Pool pool_ = Pool::idle;    // what it does for this process: reads from out_ into lines_, or has a line
  bool held_back_ = false;    // what it says behind a line that is with the pool
  bool spoke_early_ = false;  // before it had a job
  bool out_open_ = true;
  bool closing_line_ = false;  // the empty one behind its answer
  std::optional<bool>
      brief_;  // once it has said all: by that line or the end of its stdout, the first of both
  bool may_remain_ = false;
  std::string stderr_tail_;
  std::optional<std::variant<Result, TaskError>> answer_;
  std::optional<Failure> fault_;
  std::optional<WaitStatus> status_;
  std::optional<long> peak_kib_;
};

}  // namespace process
