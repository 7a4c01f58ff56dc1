#pragma once
// Who may run now: a fixed number of slots, and a bounded queue of those who wait, first come first served.
// Knows no process. Asked by dispatcher.h; a slot comes back only when its process is gone.

#include <boost/intrusive/list.hpp>
#include <optional>
#include <utility>
#include <variant>

#include "server/loop/wake_up.h"
#include "server/process/outcome.h"

namespace offload {

class Admission;

/// The permission to run one job. Gives itself back.
class Slot {
 public:
  Slot() = default;
  Slot(Slot&& other) noexcept : admission_(std::exchange(other.admission_, nullptr)) {}
  Slot& operator=(Slot&& other) noexcept {
    std::swap(admission_, other.admission_);
    return *this;
  }
  ~Slot();

 private:
  friend Admission;
  explicit Slot(Admission& admission) : admission_(&admission) {}
  Admission* admission_ = nullptr;
};

class Admission {
 public:
  /// `slots` >= 1; `waiting` >= 0 jobs may queue, each for `wait_limit` at most.
  Admission(Loop& loop, std::size_t slots, std::size_t waiting, Milliseconds wait_limit);

  /// A slot, or why there is none (queue_full at once; queue_timeout; deadline_exceeded; draining). Suspends
  /// only while it queues; cancelled, it leaves the queue.
  awaitable<std::variant<Slot, process::Failure>> enter(Deadline deadline);

  /// Why a job that entered now would be refused at once, if it would.
  std::optional<process::Failure> refusal() const;

  /// The server is on its way out: full() from now on, but who asks still enters.
  void drain() { draining_ = true; }
  /// Nobody enters any more; those who wait already still get their turn.
  void close() { closed_ = true; }

  std::size_t slots() const { return slots_; }
  std::size_t running() const { return running_; }
  std::size_t waiting() const { return queue_.size(); }
  std::size_t max_waiting() const { return max_waiting_; }
  bool draining() const { return draining_; }
  /// True where a job that came now would be refused.
  bool full() const { return draining_ || crowded(); }

 private:
  friend Slot;
  bool crowded() const { return running_ >= slots_ && queue_.size() >= max_waiting_; }
  void leave();

  Loop& loop_;
  const std::size_t slots_;
  const std::size_t max_waiting_;
  const Milliseconds wait_limit_;
  std::size_t running_ = 0;
  bool draining_ = false;
  bool closed_ = false;
  using Hook = boost::intrusive::list_base_hook<>;
  struct Waiter : Hook {
    explicit Waiter(Admission& admission);
    ~Waiter();
    Admission& admission;
    WakeUp turn;
    Slot slot;
    bool granted = false;
  };
  boost::intrusive::list<Waiter> queue_;
};

}  // namespace offload
