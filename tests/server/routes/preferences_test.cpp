#include "server/routes/preferences.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace routes {
namespace {

Preferences read_from(const std::vector<std::string>& values, const char* name = "Prefer") {
  front_door::Request request;
  for (const auto& value : values) request.fields.emplace_back(name, value);
  return Preferences(request);
}

TEST_CASE("a Prefer field asks to wait for some seconds, to be answered later, or for both") {
  CHECK(read_from({"wait=10"}).wait == 10);
  CHECK(read_from({"wait=0"}).wait == 0);
  CHECK_FALSE(read_from({"wait=10"}).respond_async);
  CHECK(read_from({"respond-async"}).respond_async);
  for (const auto& both : {read_from({"respond-async, wait=7"}), read_from({"wait=7", "respond-async"}),
                           read_from({"wait=7;a=b,handling=lenient,respond-async"})}) {
    CHECK(both.respond_async);
    CHECK(both.wait == 7);
  }
}

TEST_CASE("names go by no case, and values may be quoted") {
  CHECK(read_from({"Wait=\"3\""}).wait == 3);
  CHECK(read_from({" WAIT = 3 "}).wait == 3);
  CHECK(read_from({"Respond-Async"}, "prefer").respond_async);
}

TEST_CASE("of several waits the first counts") {
  CHECK(read_from({"wait=1, wait=2"}).wait == 1);
  CHECK(read_from({"wait=1", "wait=2"}).wait == 1);
}

TEST_CASE("what cannot be read is passed over") {
  for (const auto* value :
       {"", ",", "wait", "wait=", "wait=soon", "wait=-1", "wait=1.5", "wait=1s", "waits=1",
        "wait=99999999999999999999", "respond-async-not", ";wait=1", "a;wait=1"}) {
    CAPTURE(std::string(value));
    const auto preferences = read_from({value});
    CHECK_FALSE(preferences.wait);
    CHECK_FALSE(preferences.respond_async);
  }
  CHECK_FALSE(read_from({"wait=1"}, "Preference").wait);
}

}  // namespace
}  // namespace routes
