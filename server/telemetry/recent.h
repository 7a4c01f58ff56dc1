#pragma once
// How long things took over the last minute, in constant memory: a histogram for each of its parts. Knows
// neither requests nor jobs. Used by status.h and task_figures.h.

#include <array>
#include <cstdint>
#include <optional>

#include "server/loop/loop.h"
#include "server/telemetry/log_histogram.h"

namespace telemetry {

class Recent {
 public:
  /// `now` never goes back.
  explicit Recent(Clock::time_point now = Clock::now()) : start_(now) {}

  void add(double ms, Clock::time_point now = Clock::now());

  std::uint64_t total() const { return total_; }
  /// Over the last minute.
  double per_second(Clock::time_point now = Clock::now());
  /// In milliseconds, within 5 %; nothing where there was none. `q` is from 0 to 1.
  std::optional<double> quantile(double q, Clock::time_point now = Clock::now());

 private:
  static constexpr int kParts = 12;
  static constexpr Clock::duration kPart = std::chrono::seconds(5);

  void turn_to(Clock::time_point now);

  Clock::time_point start_;
  std::array<LogHistogram, kParts> parts_{};
  LogHistogram all_;  // the sum of parts_
  std::int64_t part_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace telemetry
