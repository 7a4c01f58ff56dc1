#pragma once
// What a coroutine of the loop waits on: that another part wakes it, or that a point in time comes.

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "server/loop/loop.h"

namespace loop {

/// Between two looks of a coroutine at what has nobody to wake it.
inline constexpr Milliseconds kBetweenLooks{10};

class WakeUp {
 public:
  explicit WakeUp(Loop& loop) : timer_(loop.get_executor()) {}

  /// Wakes the one who waits. A call that nobody waits for is forgotten.
  void wake() { timer_.cancel(); }

  /// Suspends until wake() or `until`. One may wait at a time. Throws operation_aborted where the coroutine
  /// itself was cancelled.
  awaitable<> wait(Deadline until) {
    timer_.expires_at(until);
    boost::system::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(use_awaitable, ignored));
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (cancelled != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
  }

 private:
  Timer timer_;
};

}  // namespace loop
