#include "server/telemetry/log_histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace telemetry {
namespace {

// Each bucket is wider than the one before by this factor, from a microsecond to a day.
constexpr double kLogOfFactor = 0.1;

}  // namespace

void LogHistogram::add(double ms) {
  const double bucket = std::log(std::max(ms * 1e3, 1.0)) / kLogOfFactor;
  ++counts_[static_cast<std::size_t>(std::min(bucket, kBuckets - 1.0))];
}

void LogHistogram::subtract(const LogHistogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] -= other.counts_[i];
}

std::uint64_t LogHistogram::count() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::optional<double> LogHistogram::quantile(double q) const {
  const auto all = count();
  if (all == 0) return std::nullopt;
  const auto rank =
      std::max(static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(all))), std::uint64_t{1});
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while (bucket < counts_.size() - 1 && (seen += counts_[bucket]) < rank) ++bucket;
  return std::exp((static_cast<double>(bucket) + 0.5) * kLogOfFactor) / 1e3;
}

}  // namespace telemetry
