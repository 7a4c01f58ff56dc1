#pragma once
// Turns of those with more work than one turn of the loop may take, such as long contents: however many they
// are, others wait for some of them only. Not few_per_turn() of after_others.h: each suspends by itself, and
// the time that they take says how many have a turn. Knows no work. Used by front_door/door.h.

#include <sched.h>

#include <boost/asio/any_completion_handler.hpp>
#include <deque>

#include "server/loop/after_others.h"

namespace loop {

class Turns {
 public:
  explicit Turns(Loop& loop) : loop_(loop) {}

  /// Suspends until all others have had a turn, and those who asked before. To be called before each piece of
  /// work, which takes some 20 us.
  awaitable<> next() {
    return asio::async_initiate<decltype(use_awaitable), void()>(
        [this](auto resume) {
          waiting_.emplace_back(std::move(resume));
          arrange();
        },
        use_awaitable);
  }

 private:
  static constexpr std::chrono::microseconds kAtOnce{100};

  void arrange() {
    if (std::exchange(arranged_, true)) return;
    after_others(loop_.get_executor(), [this] { serve(); });
  }

  // Whoever asks again meanwhile is served at the next call, behind the others.
  void serve() {
    const auto until = Clock::now() + kAtOnce;
    for (auto left = waiting_.size(); left > 0; --left) {
      auto resume = std::move(waiting_.front());
      waiting_.pop_front();
      std::move(resume)();
      if (Clock::now() >= until) break;
    }
    arranged_ = false;
    // A loop this busy has no real-time priority left, but keeps its core for some 40 ms from a job that
    // waits there, whatever idles on the others. Beside jobs that only compute it goes on after a slice of
    // theirs.
    ::sched_yield();
    if (!waiting_.empty()) arrange();
  }

  Loop& loop_;
  std::deque<asio::any_completion_handler<void()>> waiting_;
  bool arranged_ = false;
};

}  // namespace loop
