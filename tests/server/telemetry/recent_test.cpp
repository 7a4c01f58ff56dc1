#include "server/telemetry/recent.h"

#include <doctest/doctest.h>

namespace telemetry {
namespace {

using std::chrono::seconds;

const Clock::time_point kStart;

TEST_CASE("a quantile is within five percent of the value, whatever its size") {
  for (const double ms : {0.05, 1.0, 37.0, 12'000.0}) {
    CAPTURE(ms);
    Recent recent(kStart);
    for (int i = 0; i < 99; ++i) recent.add(ms, kStart);
    recent.add(1e6, kStart);
    CHECK(recent.quantile(0.5, kStart).value_or(0) == doctest::Approx(ms).epsilon(0.055));
    CHECK(recent.quantile(0.99, kStart).value_or(0) == doctest::Approx(ms).epsilon(0.055));
    CHECK(recent.quantile(1, kStart).value_or(0) == doctest::Approx(1e6).epsilon(0.055));
  }
}

TEST_CASE("what is older than a minute counts in the total alone") {
  Recent recent(kStart);
  recent.add(10, kStart);
  recent.add(1000, kStart + seconds(30));
  CHECK(recent.per_second(kStart + seconds(40)) == doctest::Approx(2 / 40.0));
  CHECK(recent.quantile(1, kStart + seconds(59)).value_or(0) == doctest::Approx(1000).epsilon(0.055));
  CHECK(recent.quantile(0, kStart + seconds(59)).value_or(0) == doctest::Approx(10).epsilon(0.055));
  CHECK(recent.quantile(0, kStart + seconds(62)).value_or(0) == doctest::Approx(1000).epsilon(0.055));
  CHECK(recent.per_second(kStart + seconds(62)) == doctest::Approx(1 / 57.0));
  CHECK_FALSE(recent.quantile(0.5, kStart + seconds(7200)));
  CHECK(recent.per_second(kStart + seconds(7200)) == 0);
  CHECK(recent.total() == 2);
}

TEST_CASE("the first of its kind makes no rate of thousands") {
  Recent recent(kStart);
  recent.add(1, kStart);
  CHECK(recent.per_second(kStart + Milliseconds(1)) == 1);
}

}  // namespace
}  // namespace telemetry
