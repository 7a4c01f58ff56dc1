#pragma once
// Who may run now: a fixed number of slots, and a bounded queue of those who wait, a line per client. Knows
// no process. Asked by dispatcher.h; a slot comes back only when its process is gone.

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "server/loop/wake_up.h"
#include "server/offload/fair_queue.h"
#include "server/process/outcome.h"

namespace offload {

class Admission;

/// The permission to run one job. Gives itself back.
class Slot {
 public:
  Slot() = default;
  Slot(Slot&& other) noexcept
      : admission_(std::exchange(other.admission_, nullptr)),
        line_(std::exchange(other.line_, nullptr)),
        held_(std::move(other.held_)) {}
  Slot& operator=(Slot&& other) noexcept {
    std::swap(admission_, other.admission_);
    std::swap(line_, other.line_);
    std::swap(held_, other.held_);
    return *this;
  }
  ~Slot();

  /// Another permission that the same job needs, to be given back with this one.
  void hold(Slot other) { held_ = std::make_unique<Slot>(std::move(other)); }

 private:
  friend Admission;
  Slot(Admission& admission, FairQueue::Line* line) : admission_(&admission), line_(line) {}
  Admission* admission_ = nullptr;
  FairQueue::Line* line_ = nullptr;  // null: a spare one
  std::unique_ptr<Slot> held_;
};

class Admission {
 public:
  /// `slots` >= 1; `waiting` >= 0 jobs may queue, each for `wait_limit` at most.
  Admission(Loop& loop, std::size_t slots, std::size_t waiting, Milliseconds wait_limit);

  /// A slot, or why there is none (queue_full; queue_timeout; deadline_exceeded; draining). Suspends only
  /// while it queues; cancelled, it leaves the queue. Where the queue is full, the newest of a line that is
  /// longer by two or more gives way, and hears queue_full in its place. `client` outlives it.
  awaitable<std::variant<Slot, process::Failure>> enter(Deadline deadline, const process::Client& client);

  /// Why a job of that client would be refused at once if it entered now, if it would.
  std::optional<process::Failure> refusal(const process::Client& client);

  /// A slot that nobody who waits for one may have, `background` at once at the most; in no client's line.
  std::optional<Slot> spare_slot(std::size_t background);
  /// Called when there may be one again.
  std::function<void()> on_spare = [] {};

  /// The server is on its way out: full() from now on, but who asks still enters.
  void drain() { draining_ = true; }
  /// Nobody enters any more; those who wait already still get their turn.
  void close() { closed_ = true; }
  /// Nobody gets a turn any more: those who wait hear that the server is shutting down.
  void dismiss();

  std::size_t slots() const { return slots_; }
  std::size_t running() const { return running_; }
  /// Of these, how many are of spare_slot().
  std::size_t background() const { return background_; }
  std::size_t waiting() const { return queue_.waiting(); }
  std::size_t max_waiting() const { return max_waiting_; }
  Milliseconds wait_limit() const { return wait_limit_; }
  bool draining() const { return draining_; }
  /// True where a job that came now would be refused.
  bool full() const { return draining_ || crowded(); }

 private:
  friend Slot;
  bool crowded() const { return running_ >= slots_ && queue_.waiting() >= max_waiting_; }
  process::Failure too_many() const;
  std::optional<process::Failure> over_its_terms(const process::Client& client) const;
  void grant();
  void leave(FairQueue::Line* line);

  Loop& loop_;
  const std::size_t slots_;
  const std::size_t max_waiting_;
  const Milliseconds wait_limit_;
  std::size_t running_ = 0;
  std::size_t background_ = 0;  // of these
  bool draining_ = false;
  bool closed_ = false;
  struct Waiter final : FairQueue::Waiter {
    Waiter(Admission& admission, FairQueue::Line& line);
    ~Waiter();
    Admission& admission;
    WakeUp turn;
    Slot slot;
    enum class State { waits, granted, gave_way, dismissed } state = State::waits;
  };
  FairQueue queue_;
};

}  // namespace offload
