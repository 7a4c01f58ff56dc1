#pragma once
// One live job as its watchers see it: the newest state and progress, and the last lines of its stderr. A
// watcher that is slow finds the newest, and nothing is kept for it. Knows no HTTP. Fed by a job that runs,
// and by runner.h.

#include <boost/intrusive/list.hpp>
#include <deque>
#include <functional>
#include <string>

#include "server/jobs/record.h"
#include "server/loop/wake_up.h"
#include "server/process/job.h"
#include "server/process/log_lines.h"

namespace jobs {

class Topic final : public process::JobListener {
 public:
  explicit Topic(Loop& loop) : loop_(loop) {}

  struct Line {
    std::uint64_t event;
    std::string text;
  };

  State state() const { return state_; }
  /// 0 to 1; below 0 until the job has said something.
  double progress() const { return progress_; }
  /// The last of them, up to 16 KiB.
  const std::deque<Line>& lines() const { return lines_; }
  /// The number of the latest change; they grow, over restarts of the server too.
  std::uint64_t event() const { return event_; }
  /// Those of the latest changes of state and progress.
  std::uint64_t state_event() const { return state_event_; }
  std::uint64_t progress_event() const { return progress_event_; }

  void set(State state);
  /// The server ends before the job: its watchers are to leave.
  void close();
  bool closed() const { return closed_; }
  void on_start() override { set(State::running); }
  void on_progress(double progress) override;
  void on_stderr(std::string_view bytes) override;
  /// What has no end yet is a line, too.
  void end_of_stderr();
  /// Hears of each line, the first kLoggedLines of a job.
  std::function<void(const process::LogLine&)> on_line;
  static constexpr std::size_t kLoggedLines = 1000;
  bool told_all() const { return heard_ <= kLoggedLines; }

  /// Suspends until event() is not `seen`, or `until`.
  awaitable<> changed(std::uint64_t seen, Deadline until);

 private:
  struct Watcher
      : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    explicit Watcher(Loop& loop) : told(loop) {}
    WakeUp told;
  };
  void tell();
  void add(process::LogLine line);

  Loop& loop_;
  State state_ = State::queued;
  double progress_ = -1;
  bool closed_ = false;
  process::LogLines splitter_;
  std::deque<Line> lines_;
  std::size_t bytes_ = 0;
  std::size_t heard_ = 0;  // lines
  std::uint64_t event_ = static_cast<std::uint64_t>(now());
  std::uint64_t state_event_ = event_, progress_event_ = event_;
  boost::intrusive::list<Watcher, boost::intrusive::constant_time_size<false>> waiting_;
};

}  // namespace jobs
