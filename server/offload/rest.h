#pragma once
// The pause after starts that have failed, and whether starts fail at all. Knows no process. Used by crew.h.

#include <functional>
#include <utility>

#include "server/offload/back_off.h"

namespace offload {

class Rest {
 public:
  /// `over` is called at the end of each pause.
  Rest(Loop& loop, std::function<void()> over) : over_(std::move(over)), timer_(loop.get_executor()) {}

  void started() { back_off_.started(Clock::now()); }
  /// What was started is of use.
  void recovered() {
    back_off_.recovered();
    failing_ = false;
  }
  /// A start failed, or what was started has died at once: a pause, unless there is one.
  void failed() {
    failing_ = true;
    if (std::exchange(resting_, true)) return;
    timer_.expires_after(back_off_.failed(Clock::now()));
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      resting_ = false;
      over_();
    });
  }
  /// No pause ends any more.
  void cancel() { timer_.cancel(); }

  bool resting() const { return resting_; }
  /// Since the last failure nothing that was started was of use.
  bool failing() const { return failing_; }

 private:
  const std::function<void()> over_;
  Timer timer_;
  BackOff back_off_;
  bool resting_ = false;
  bool failing_ = false;
};

}  // namespace offload
