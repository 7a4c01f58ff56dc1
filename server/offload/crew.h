#pragma once
// All processes of one program, from ordering one to having reaped it: being started, spare, lent, ending.
// Spares are started in advance, each blocked on its first read, so that a job need not wait for a start.
// Where the program allows it, one that has answered waits for its next job.
// Knows no job. Used by dispatcher.h.

#include <array>
#include <boost/intrusive/list.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <variant>

#include "server/loop/wake_up.h"
#include "server/offload/admission.h"
#include "server/offload/ready.h"
#include "server/offload/rest.h"
#include "server/process/fitness.h"
#include "server/process/orphans.h"
#include "server/process/process.h"
#include "server/process/spawner.h"

namespace offload {

/// Counts since the start, for the metrics.
struct SpawnCounts {
  std::uint64_t started = 0;
  std::uint64_t failed = 0;
  std::uint64_t spares_died = 0;
  std::uint64_t reused = 0;  ///< jobs that got a process which had done one
  std::array<std::uint64_t, std::size(process::kAllRecycled)> recycled{};  ///< by process::Recycled

  SpawnCounts& operator+=(const SpawnCounts& other);
};

/// A spare that is an order of its own.
struct SpareOrder {
  process::Order order;
  process::JobFolder folder;  ///< in which it runs
  loop::UniqueFd in;          ///< what its stdin is read from; none, with errno, where no pipe could be had
};

/// How a process comes back.
struct Leave {
  bool has_answered = false;                    ///< it gets a moment to end by itself
  std::optional<process::Abandoned> abandoned;  ///< the job, where nobody waits for it any more
  bool waits = false;                           ///< for its next job
};

class Crew {
 public:
  struct Observers {
    std::function<void(double seconds)> on_start;  ///< how long each start took
    /// What each abandoned job has cost, once its process is gone.
    std::function<void(const process::Abandoned&, const process::Usage&)> on_abandoned;
    /// What fork servers write to stderr, in any portions.
    std::function<void(std::string_view)> on_words;
  };

  /// `orphans` must outlive it. Its spares are the program as it stands, or what `order_spare` says. Throws
  /// std::system_error where no launcher can be started.
  Crew(Loop& loop, process::Orphans& orphans, process::Program program, Observers observers,
       int launchers = 2, std::function<SpareOrder()> order_spare = {});
  ~Crew();

  using Lent = std::variant<std::unique_ptr<process::Process>, process::Failure>;
  /// A process for one job: one that waits, or the next one to be started, first come first served; or
  /// cannot_spawn, or deadline_exceeded. Whoever gets it gives it back.
  awaitable<Lent> lend(Deadline deadline, const Wanted& wanted);
  awaitable<Lent> lend(Deadline deadline) {
    static const Wanted kAny;
    return lend(deadline, kAny);
  }

  /// A process for one order, which runs in `folder`: the same. Started for this caller alone.
  awaitable<Lent> start(process::Order order, process::JobFolder folder, Deadline deadline);

  /// Whether the process may do another job after the one that it has, if nothing speaks against it by then.
  bool may_stay(const process::Process& process, const Wanted& wanted) const;

  /// Keeps a process that waits and is fit for its next job; `slot` is free at once. Ends any other, whatever
  /// it has done: killed where it still runs, reaped, its orphans swept, and only then is `slot` free. Does
  /// not suspend; nothing that is cancelled can skip it.
  void give_back(std::unique_ptr<process::Process> process, Slot slot = {}, Leave leave = {}) noexcept;

  /// A process that may have stayed did not.
  void count(process::Recycled why) { ++counts_.recycled[static_cast<std::size_t>(why)]; }

  /// Starts what is missing; by itself when the last spare is lent and whenever a process is gone.
  void refill();
  /// Ends what waits, and what is at work when its job is done: the program may be another one by now.
  void renew();
  /// Ends the spares; starts no more but those that somebody waits for.
  void drain();

  /// True while a process is not gone yet, or what one has left behind.
  bool busy() const { return ending_ > 0 || orphans_.busy(); }

  bool ending() const { return ending_ > 0; }

  const process::Program& program() const { return spawner_.program(); }
  std::size_t ready() const { return ready_.size(); }
  /// No spare is left, and the last start failed or its process died at once. Where spares are kept this ends
  /// by itself, else by the end of a pause: somebody has to try.
  bool stuck() const { return ready_.empty() && (rest_.resting() || (rest_.failing() && target_ > 0)); }
  std::size_t target() const { return target_; }
  const SpawnCounts& counts() const { return counts_; }
  const process::Orphans& orphans() const { return orphans_; }

 private:
  struct Waiter : boost::intrusive::list_base_hook<> {
    Waiter(Crew& crew, const Wanted& wanted);
    ~Waiter();
    Crew& crew;
    const Wanted& wanted;
    WakeUp served_or_late;
    bool served = false;
    std::unique_ptr<process::Process> process;
    std::string why_not;
  };
  // An order on its way. Its caller may have gone meanwhile.
  struct Ordered {
    Ordered(Loop& loop, process::JobFolder folder) : come_or_late(loop), folder(std::move(folder)) {}
    WakeUp come_or_late;
    process::JobFolder folder;
    bool wanted = true;
    std::unique_ptr<process::Process> process;
    std::optional<std::string> why_not;
  };
  // One that is being ended. Ends it at once where the coroutine cannot.
  struct Ending {
    Ending(Crew& crew, std::unique_ptr<process::Process> process, Slot slot, Leave leave);
    Ending(Ending&&) = default;
    ~Ending();
    void finish();
    Crew* crew;
    std::unique_ptr<process::Process> process;
    Slot slot;
    Leave leave;
    bool finished = false;
  };

  // How long processes stay.
  struct Staying {
    process::Fitness fitness;
    Timer idle;
    std::minstd_rand random{std::random_device{}()};
    Clock::time_point renewed =
        Clock::time_point::min();  // what has started earlier does one job at the most
  };

  void spawn_one();
  void order_one();
  void on_spawned(process::Launched launched, process::JobFolder folder = {});
  void on_ordered(Ordered& ordered, process::Launched launched);
  std::unique_ptr<process::Process> count(process::Launched& launched);
  std::unique_ptr<process::Process> adopt(process::Launched& launched);
  void hand_out(std::unique_ptr<process::Process> process);
  bool serve_waiter(std::unique_ptr<process::Process>& process);
  bool keep(std::unique_ptr<process::Process>& process);
  void recycle(std::unique_ptr<process::Process> process, process::Recycled why);
  void end_idle();
  void end_all_ready();
  void on_ended(const process::Process& process);
  void lose_spare(std::unique_ptr<process::Process> process);
  awaitable<> end(Ending ending);

  Loop& loop_;
  process::Orphans& orphans_;
  const Observers observers_;
  const std::function<SpareOrder()> order_spare_;
  process::Spawner spawner_;
  std::size_t target_;
  std::size_t starting_ = 0;
  std::size_t ending_ = 0;
  Ready<> ready_;
  boost::intrusive::list<Waiter> waiters_;
  Rest rest_;
  Staying staying_;
  bool draining_ = false;
  SpawnCounts counts_;
};

}  // namespace offload
