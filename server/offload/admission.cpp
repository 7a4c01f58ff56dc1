#include "server/offload/admission.h"

#include <fmt/format.h>

namespace offload {

Slot::~Slot() {
  if (admission_) admission_->leave();
}

Admission::Admission(Loop& loop, std::size_t slots, std::size_t waiting, Milliseconds wait_limit)
    : loop_(loop), slots_(slots), max_waiting_(waiting), wait_limit_(wait_limit) {}

Admission::Waiter::Waiter(Admission& admission) : admission(admission), turn(admission.loop_) {
  admission.queue_.push_back(*this);
}

Admission::Waiter::~Waiter() {
  if (!granted) admission.queue_.erase(admission.queue_.iterator_to(*this));
}

std::optional<process::Failure> Admission::refusal() const {
  if (closed_) return process::Failure{process::Reason::draining, "the server is shutting down", {}, {}};
  if (!crowded()) return std::nullopt;
  return process::Failure{process::Reason::queue_full,
                          fmt::format("{} jobs run and {} wait already", running_, queue_.size()),
                          {},
                          {}};
}

awaitable<std::variant<Slot, process::Failure>> Admission::enter(Deadline deadline) {
  if (auto refused = refusal()) co_return std::move(*refused);
  if (running_ < slots_ && queue_.empty()) {
    ++running_;
    co_return Slot(*this);
  }
  Waiter waiter(*this);
  const auto patience = Clock::now() + wait_limit_;
  co_await waiter.turn.wait(std::min(deadline, patience));
  if (waiter.granted) co_return std::move(waiter.slot);
  if (deadline <= patience)
    co_return process::Failure{
        process::Reason::deadline_exceeded, "the deadline passed while the job waited for its turn", {}, {}};
  co_return process::Failure{
      process::Reason::queue_timeout,
      fmt::format("no slot came free within {} ms (--wait-timeout)", wait_limit_.count()),
      {},
      {}};
}

// The slot goes straight to the one who waits longest: a newcomer never overtakes.
void Admission::leave() {
  if (queue_.empty()) {
    --running_;
    return;
  }
  auto& next = queue_.front();
  queue_.pop_front();
  next.granted = true;
  next.slot = Slot(*this);
  next.turn.wake();
}

}  // namespace offload
