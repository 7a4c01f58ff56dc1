#include "server/telemetry/recent.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace telemetry {
namespace {

// Each bucket is wider than the one before by this factor, from a microsecond to a day.
constexpr double kLogOfFactor = 0.1;

}  // namespace

void Recent::turn_to_now() {
  const auto second = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - start_).count();
  const auto stale = std::min<std::int64_t>(second - now_, kSeconds);
  for (std::int64_t i = 1; i <= stale; ++i) {
    auto& old = seconds_[static_cast<std::size_t>((now_ + i) % kSeconds)];
    for (int bucket = 0; bucket < kBuckets; ++bucket) all_[bucket] -= old[bucket];
    old.fill(0);
  }
  now_ = second;
}

void Recent::add(double ms) {
  turn_to_now();
  const int bucket =
      std::clamp(static_cast<int>(std::log(std::max(ms * 1e3, 1.0)) / kLogOfFactor), 0, kBuckets - 1);
  ++seconds_[static_cast<std::size_t>(now_ % kSeconds)][bucket];
  ++all_[bucket];
  ++total_;
}

double Recent::per_second() {
  turn_to_now();
  const auto span = std::clamp<std::int64_t>(now_ + 1, 1, kSeconds);
  return static_cast<double>(std::accumulate(all_.begin(), all_.end(), std::uint64_t{0})) /
         static_cast<double>(span);
}

std::optional<double> Recent::quantile(double q) {
  turn_to_now();
  const auto count = std::accumulate(all_.begin(), all_.end(), std::uint64_t{0});
  if (count == 0) return std::nullopt;
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count)));
  std::uint64_t seen = 0;
  int bucket = 0;
  while (bucket < kBuckets - 1 && (seen += all_[bucket]) < std::max<std::uint64_t>(rank, 1)) ++bucket;
  return std::exp((bucket + 0.5) * kLogOfFactor) / 1e3;
}

}  // namespace telemetry
