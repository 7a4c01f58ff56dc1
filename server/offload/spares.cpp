#include "server/offload/spares.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace offload {
namespace {

constexpr Milliseconds kFirstPause{100};
constexpr Milliseconds kLongestPause{5000};
// A spare that lives shorter than this is as good as a failed start.
constexpr Milliseconds kShortLife{1000};

}  // namespace

Spares::Waiter::Waiter(Spares& spares) : spares(spares), turn(spares.loop_) {
  spares.waiters_.push_back(*this);
}

Spares::Waiter::~Waiter() {
  if (!served) spares.waiters_.erase(spares.waiters_.iterator_to(*this));
  if (process) spares.burial_.take(std::move(process));  // cancelled between the hand-over and its turn
}

Spares::Spares(Loop& loop, process::Spawner& spawner, Burial& burial, ThreadPool& json_pool,
               std::size_t target)
    : loop_(loop),
      spawner_(spawner),
      burial_(burial),
      json_pool_(json_pool),
      target_(target),
      retry_(loop.get_executor()) {
  burial_.on_gone([this](pid_t pid) {
    spawner_.forget(pid);
    refill();
  });
  spawner_.on_stray([this](pid_t pid) { burial_.take_stray(pid); });
}

Spares::~Spares() {
  burial_.on_gone(nullptr);
  spawner_.on_stray([](pid_t) {});
}

awaitable<std::variant<std::shared_ptr<process::CruncherProcess>, process::Failure>> Spares::take(
    Deadline deadline) {
  while (waiters_.empty() && !ready_.empty()) {
    auto process = std::move(ready_.front());
    ready_.pop_front();
    if (process->ended()) {
      burial_.take(std::move(process));
      continue;
    }
    process->while_spare(nullptr);
    if (ready_.empty()) refill();  // otherwise when a process is gone: a start takes longer than a short job
    co_return process;
  }
  Waiter waiter(*this);
  if (starting_ < waiters_.size()) spawn_one();
  co_await waiter.turn.wait(deadline);
  if (waiter.process) co_return std::move(waiter.process);
  if (!waiter.served)
    co_return process::Failure{
        process::Reason::deadline_exceeded, "the deadline passed before a process was started", {}, {}};
  co_return process::Failure{process::Reason::cannot_spawn, waiter.why_not, {}, {}};
}

void Spares::refill() {
  if (resting_) return;
  while (ready_.size() + starting_ < target_ + waiters_.size()) spawn_one();
}

void Spares::spawn_one() {
  ++starting_;
  spawner_.spawn([this](process::Launched launched) { on_spawned(std::move(launched)); });
}

void Spares::on_spawned(process::Launched launched) {
  --starting_;
  if (launched) {
    const auto pid = launched.pid;
    const auto took_seconds = launched.took_seconds;
    std::shared_ptr<process::CruncherProcess> process;
    try {
      process = process::CruncherProcess::adopt(loop_, json_pool_, std::move(launched));
    } catch (const boost::system::system_error& error) {  // descriptors that cannot be waited for
      spawner_.forget(pid);
      burial_.take_stray(pid);
      launched.error = error.code().value();
      launched.step = "epoll_ctl";
    }
    if (process) {
      burial_.expect(pid);
      ++counts_.started;
      if (on_start_) on_start_(took_seconds);
      return hand_out(std::move(process));
    }
  }
  ++counts_.failed;
  // Each failed start is one waiter's bad news, so that a job costs one attempt at the most.
  if (!waiters_.empty()) {
    auto& waiter = waiters_.front();
    waiters_.pop_front();
    waiter.served = true;
    waiter.why_not = fmt::format("cannot start {}: {}: {}", spawner_.plan().path, launched.step,
                                 std::strerror(launched.error));
    waiter.turn.wake();
  }
  back_off();
}

void Spares::hand_out(std::shared_ptr<process::CruncherProcess> process) {
  if (!waiters_.empty()) {
    auto& waiter = waiters_.front();
    waiters_.pop_front();
    waiter.served = true;
    waiter.process = std::move(process);
    waiter.turn.wake();
    pause_ = Milliseconds{0};
  } else if (ready_.size() >= target_) {
    burial_.take(std::move(process));  // the one who waited for it has gone
  } else {
    process->while_spare([this, raw = process.get()] { on_died(raw); });
    ready_.push_back(std::move(process));
  }
  refill();
}

void Spares::on_died(const process::CruncherProcess* process) {
  const auto found =
      std::find_if(ready_.begin(), ready_.end(), [&](const auto& ready) { return ready.get() == process; });
  if (found == ready_.end()) return;
  ++counts_.spares_died;
  const bool at_once = Clock::now() - process->started() < kShortLife;
  burial_.take(std::move(*found));
  ready_.erase(found);
  if (at_once)
    back_off();
  else
    refill();
}

void Spares::back_off() {
  if (resting_) return;
  resting_ = true;
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  retry_.expires_after(pause_);
  retry_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    resting_ = false;
    refill();
  });
}

void Spares::drain() {
  target_ = 0;
  retry_.cancel();
  while (!ready_.empty()) {
    burial_.take(std::move(ready_.front()));
    ready_.pop_front();
  }
}

}  // namespace offload
