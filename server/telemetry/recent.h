#pragma once
// How long requests took over the last minute, in constant memory: a histogram of logarithmic buckets for
// each second. Knows no request. Used by status.h.

#include <array>
#include <cstdint>
#include <optional>

#include "server/loop/loop.h"

namespace telemetry {

class Recent {
 public:
  void add(double ms);

  std::uint64_t total() const { return total_; }
  /// Over the last 60 seconds.
  double per_second();
  /// In milliseconds, within 5 %; nothing where there was no request. `q` is from 0 to 1.
  std::optional<double> quantile(double q);

 private:
  static constexpr int kSeconds = 60;
  static constexpr int kBuckets = 256;
  using Histogram = std::array<std::uint32_t, kBuckets>;

  void turn_to_now();

  const Clock::time_point start_ = Clock::now();
  std::array<Histogram, kSeconds> seconds_{};
  Histogram all_{};  // the sum of seconds_
  std::int64_t now_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace telemetry
