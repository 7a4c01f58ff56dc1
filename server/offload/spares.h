#pragma once
// Crunchers started in advance, each blocked on its first read, so that a job need not wait for a start.
// Knows no job. Used by dispatcher.h; starts through spawner.h.

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <deque>
#include <memory>
#include <variant>

#include "server/loop/wake_up.h"
#include "server/offload/burial.h"
#include "server/process/cruncher_process.h"
#include "server/process/spawner.h"

namespace offload {

/// Counts since the start, for the metrics.
struct SpawnCounts {
  std::uint64_t started = 0;
  std::uint64_t failed = 0;
  std::uint64_t spares_died = 0;
};

class Spares {
 public:
  /// Keeps `target` >= 0 of them ready.
  Spares(Loop& loop, process::Spawner& spawner, Burial& burial, ThreadPool& json_pool, std::size_t target);
  ~Spares();

  /// Is told how long each start took, in seconds.
  void on_start(std::function<void(double)> told) { on_start_ = std::move(told); }

  /// A cruncher for one job: a spare, or the next one to be started, first come first served; or
  /// cannot_spawn.
  awaitable<std::variant<std::shared_ptr<process::CruncherProcess>, process::Failure>> take(
      Deadline deadline);

  /// Starts what is missing; by itself when the last spare is taken and whenever a process is gone.
  void refill();

  /// Ends the spares; starts no more but those that somebody waits for.
  void drain();

  const process::LaunchPlan& plan() const { return spawner_.plan(); }
  std::size_t ready() const { return ready_.size(); }
  std::size_t target() const { return target_; }
  const SpawnCounts& counts() const { return counts_; }

 private:
  void spawn_one();
  void on_spawned(process::Launched launched);
  void on_died(const process::CruncherProcess* process);
  void back_off();
  void hand_out(std::shared_ptr<process::CruncherProcess> process);

  Loop& loop_;
  process::Spawner& spawner_;
  Burial& burial_;
  ThreadPool& json_pool_;
  std::size_t target_;
  std::size_t starting_ = 0;
  std::deque<std::shared_ptr<process::CruncherProcess>> ready_;
  struct Waiter : boost::intrusive::list_base_hook<> {
    explicit Waiter(Spares& spares);
    ~Waiter();
    Spares& spares;
    WakeUp turn;
    bool served = false;
    std::shared_ptr<process::CruncherProcess> process;
    std::string why_not;
  };
  boost::intrusive::list<Waiter> waiters_;
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, LoopExecutor> retry_;
  Milliseconds pause_{0};  // grows while starts fail, so that a broken program does not keep the machine busy
  bool resting_ = false;
  SpawnCounts counts_;
  std::function<void(double)> on_start_;
};

}  // namespace offload
