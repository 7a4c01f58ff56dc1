#pragma once
// How often which span of time was seen, in logarithmic buckets: a kilobyte, whatever comes. Knows no clock.
// Used by recent.h and history.h. prometheus-cpp's Summary cannot take its place: it counts from the start
// alone, so it has no rate of the last minute and no values of one step; and it keeps samples, under a lock.

#include <array>
#include <cstdint>
#include <optional>

namespace telemetry {

class LogHistogram {
 public:
  void add(double ms);
  /// What `other` holds was added here, too.
  void subtract(const LogHistogram& other);

  std::uint64_t count() const;
  /// In milliseconds, within 5 %; nothing where nothing was added. `q` is from 0 to 1.
  std::optional<double> quantile(double q) const;

 private:
  static constexpr int kBuckets = 256;
  std::array<std::uint32_t, kBuckets> counts_{};
};

}  // namespace telemetry
