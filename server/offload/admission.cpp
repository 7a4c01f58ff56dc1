#include "server/offload/admission.h"

#include <fmt/format.h>

namespace offload {
namespace {

process::Failure shutting_down() {
  return {process::Reason::draining, "the server is shutting down", {}, {}};
}

}  // namespace

Slot::~Slot() {
  held_.reset();  // before anybody hears of this one
  if (admission_) admission_->leave(line_);
}

Admission::Admission(Loop& loop, std::size_t slots, std::size_t waiting, Milliseconds wait_limit)
    : loop_(loop), slots_(slots), max_waiting_(waiting), wait_limit_(wait_limit) {}

Admission::Waiter::Waiter(Admission& admission, FairQueue::Line& line)
    : admission(admission), turn(admission.loop_) {
  admission.queue_.join(line, *this);
}

Admission::Waiter::~Waiter() {
  if (state == State::waits) admission.queue_.leave(*this);
}

process::Failure Admission::too_many() const {
  return {process::Reason::queue_full,
          fmt::format("{} jobs run (--running) and {} wait already (--waiting {})", running_,
                      queue_.waiting(), max_waiting_),
          {},
          {}};
}

std::optional<process::Failure> Admission::over_its_terms(const process::Client& client) const {
  const auto [running, waiting] = queue_.counts_of(client.name);
  if (running < client.running || waiting < client.waiting) return std::nullopt;
  return process::Failure{process::Reason::queue_full,
                          fmt::format("{} jobs of '{}' run and {} wait already, as many as its key allows",
                                      running, client.name, waiting),
                          {},
                          {}};
}

std::optional<process::Failure> Admission::refusal(const process::Client& client) {
  if (closed_) return shutting_down();
  if (auto failure = over_its_terms(client)) return failure;
  if (!crowded()) return std::nullopt;
  auto& line = queue_.line_of(client);
  const bool someone_gives_way = queue_.to_give_way_to(line) != nullptr;
  queue_.drop_if_idle(line);
  if (someone_gives_way) return std::nullopt;
  return too_many();
}

awaitable<std::variant<Slot, process::Failure>> Admission::enter(Deadline deadline,
                                                                 const process::Client& client) {
  if (auto refused = refusal(client)) co_return std::move(*refused);
  auto& line = queue_.line_of(client);
  if (running_ < slots_ && line.running < client.running && !queue_.anybody_next()) {
    ++running_;
    queue_.begin(line);
    co_return Slot(*this, &line);
  }
  if (queue_.waiting() >= max_waiting_) {
    if (auto* newest = static_cast<Waiter*>(queue_.to_give_way_to(line))) {
      newest->state = Waiter::State::gave_way;
      queue_.leave(*newest);
      newest->turn.wake();
    } else {  // a slot is free, but not to this client
      queue_.drop_if_idle(line);
      co_return too_many();
    }
  }
  Waiter waiter(*this, line);
  const auto patience = Clock::now() + wait_limit_;
  co_await waiter.turn.wait(std::min(deadline, patience));
  if (waiter.state == Waiter::State::granted) co_return std::move(waiter.slot);
  if (waiter.state == Waiter::State::gave_way) co_return too_many();
  if (waiter.state == Waiter::State::dismissed) co_return shutting_down();
  if (deadline <= patience)
    co_return process::Failure{
        process::Reason::deadline_exceeded, "the deadline passed while the job waited for its turn", {}, {}};
  co_return process::Failure{
      process::Reason::queue_timeout,
      fmt::format("no slot came free within {} ms (--wait-timeout)", wait_limit_.count()),
      {},
      {}};
}

void Admission::dismiss() {
  closed_ = true;
  while (auto* one = static_cast<Waiter*>(queue_.anybody())) {
    one->state = Waiter::State::dismissed;
    queue_.leave(*one);
    one->turn.wake();
  }
}

// A slot goes straight to the one whose turn it is: a newcomer never overtakes its own line.
void Admission::grant() {
  while (running_ < slots_) {
    const auto [next, line] = queue_.next();
    if (!next) return;
    ++running_;
    auto& waiter = static_cast<Waiter&>(*next);
    waiter.state = Waiter::State::granted;
    waiter.slot = Slot(*this, line);
    waiter.turn.wake();
  }
}

std::optional<Slot> Admission::spare_slot(std::size_t background) {
  if (running_ >= slots_ || background_ >= background || queue_.anybody_next()) return std::nullopt;
  ++running_;
  ++background_;
  return Slot(*this, nullptr);
}

void Admission::leave(FairQueue::Line* line) {
  --running_;
  if (line)
    queue_.finish(*line);
  else
    --background_;
  grant();
  if (running_ < slots_) on_spare();
}

}  // namespace offload
