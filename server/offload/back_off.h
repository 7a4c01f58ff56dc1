#pragma once
// How long to wait after a start that failed, so that a broken program does not keep the machine busy. Pure:
// has no clock of its own. Used by crew.h.

#include <algorithm>
#include <optional>

#include "server/loop/loop.h"

namespace offload {

class BackOff {
 public:
  /// A process that lives shorter than this is as good as a failed start.
  static constexpr Milliseconds kShortLife{1000};

  /// A start failed, or what was started has died at once. The pause from `now` on: it doubles with each
  /// failure, until starts have been good for a while.
  Milliseconds failed(Clock::time_point now) {
    if (good_since_ && now - *good_since_ >= kShortLife) recovered();
    good_since_.reset();
    pause_ = std::clamp(pause_ * 2, kFirst, kLongest);
    return pause_;
  }
  void started(Clock::time_point now) {
    if (!good_since_) good_since_ = now;
  }
  /// What was started is of use.
  void recovered() { pause_ = Milliseconds{0}; }

 private:
  static constexpr Milliseconds kFirst{100};
  static constexpr Milliseconds kLongest{5000};

  Milliseconds pause_{0};
  std::optional<Clock::time_point> good_since_;
};

}  // namespace offload
