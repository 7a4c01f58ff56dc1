#include "server/offload/back_off.h"

#include <doctest/doctest.h>

namespace offload {
namespace {

const Clock::time_point kNow{};

TEST_CASE("the pause doubles while starts fail, up to a bound") {
  BackOff back_off;
  CHECK(back_off.failed(kNow) == Milliseconds{100});
  CHECK(back_off.failed(kNow) == Milliseconds{200});
  for (int i = 0; i < 10; ++i) back_off.failed(kNow);
  CHECK(back_off.failed(kNow) == Milliseconds{5000});
}

TEST_CASE("what dies at once after a good start is a failure like any other") {
  BackOff back_off;
  back_off.failed(kNow);
  back_off.started(kNow);
  CHECK(back_off.failed(kNow + Milliseconds{10}) == Milliseconds{200});
}

TEST_CASE("once starts have been good for a while, a failure is a first one") {
  BackOff back_off;
  for (int i = 0; i < 10; ++i) back_off.failed(kNow);
  back_off.started(kNow);
  back_off.started(kNow + Milliseconds{900});
  CHECK(back_off.failed(kNow + BackOff::kShortLife) == Milliseconds{100});
  back_off.failed(kNow);
  back_off.recovered();
  CHECK(back_off.failed(kNow) == Milliseconds{100});
}

}  // namespace
}  // namespace offload
