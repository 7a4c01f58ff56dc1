#include "server/telemetry/recent.h"

#include <algorithm>

namespace telemetry {

void Recent::turn_to(Clock::time_point now) {
  const std::int64_t part = (now - start_) / kPart;
  const auto stale = std::min<std::int64_t>(part - part_, kParts);
  for (std::int64_t i = 1; i <= stale; ++i) {
    auto& old = parts_[static_cast<std::size_t>((part_ + i) % kParts)];
    all_.subtract(old);
    old = {};
  }
  part_ = part;
}

void Recent::add(double ms, Clock::time_point now) {
  turn_to(now);
  parts_[static_cast<std::size_t>(part_ % kParts)].add(ms);
  all_.add(ms);
  ++total_;
}

// The part that is not over yet counts as far as it has come.
double Recent::per_second(Clock::time_point now) {
  turn_to(now);
  const auto begin = start_ + kPart * std::max<std::int64_t>(part_ - (kParts - 1), 0);
  const auto seconds = std::max(milliseconds(now - begin) / 1e3, 1.0);
  return static_cast<double>(all_.count()) / seconds;
}

std::optional<double> Recent::quantile(double q, Clock::time_point now) {
  turn_to(now);
  return all_.quantile(q);
}

}  // namespace telemetry
