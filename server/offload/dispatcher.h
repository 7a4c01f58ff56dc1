#pragma once
// The way of one job, straight down: a slot, a cruncher, its answer, its end. The one door of offload/ for
// routes/ and main.

#include <boost/intrusive/list.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "server/loop/thread_pool.h"
#include "server/offload/admission.h"
#include "server/offload/crew.h"
#include "server/process/job.h"
#include "server/process/outcome.h"

namespace offload {

/// A job that runs or waits, for those who look at it.
struct LiveJob
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  const process::Job* job = nullptr;
  Clock::time_point entered;
  Clock::time_point began;  ///< when it got its process
  pid_t pid = 0;            ///< 0 while it waits
  double progress = -1;     ///< 0 to 1; below 0 until the cruncher says something
  double wait_ms() const { return milliseconds(began - entered); }
};

class Dispatcher {
 public:
  /// `json_pool` reads and parses what is too long for the loop.
  Dispatcher(Admission& admission, Crew& crew, ThreadPool& json_pool)
      : admission_(admission), crew_(crew), json_pool_(json_pool), crews_{&crew} {}

  /// Runs `job` to its outcome. Suspends until then. Cancelled, the job dies wherever it is: in the queue it
  /// is never started, running it is killed.
  awaitable<process::Outcome> run(const process::Job& job);
  /// The same for a job that has its slot already.
  awaitable<process::Outcome> run(const process::Job& job, Slot slot);

  /// The outcome of that client's job that would be refused if it came now: known before anything is spent on
  /// it.
  std::optional<process::Outcome> refusal(const process::Client& client) const;

  Admission& admission() { return admission_; }
  const Admission& admission() const { return admission_; }
  const Crew& crew() const { return crew_; }
  /// Another crew, for what concerns them all. It must outlive this.
  void add(Crew& crew) { crews_.push_back(&crew); }
  /// Jobs of that task get their processes from another crew.
  void serve_by(Crew& crew, const std::string& task) { crews_apart_[task] = &crew, add(crew); }

  /// Of all crews: the sum of their counts; Crew::renew(), Crew::drain(), Crew::busy().
  SpawnCounts spawned() const;
  void renew();
  void drain();
  bool busy() const;
  /// The grace of processes that a launcher started: nobody else can end what these have elsewhere. Zero: no
  /// crew has any.
  Milliseconds patience_with_launchers() const;

  using LiveJobs = boost::intrusive::list<LiveJob, boost::intrusive::constant_time_size<false>>;
  const LiveJobs& live() const { return live_; }

  /// For jobs that take another way (command_dispatcher.h): now it is here; and what it took.
  void enrol(LiveJob& live) {
    live.entered = live.began = Clock::now();
    live_.push_back(live);
  }
  void note_run(const process::Usage& usage) { usual_run_ms_ += (usage.run_ms - usual_run_ms_) / 16; }

  /// Seconds until a refused client may find a slot, by the run times seen lately; 1 to 60.
  int retry_after_seconds() const;

 private:
  Crew& crew_for(const process::Job& job) const;
  awaitable<process::Outcome> run(LiveJob& live, Slot slot);
  struct Attempt {
    process::Outcome outcome;
    bool again = false;  // the process has not begun with it, and `slot` was given back
  };
  awaitable<Attempt> run_with(Crew& crew, std::unique_ptr<process::Process> process, Slot& slot,
                              const Wanted& wanted, LiveJob& live);

  Admission& admission_;
  Crew& crew_;
  ThreadPool& json_pool_;
  std::vector<Crew*> crews_;                  // all of them
  std::map<std::string, Crew*> crews_apart_;  // by the task that has one of its own
  LiveJobs live_;
  double usual_run_ms_ = 100;
};

}  // namespace offload
