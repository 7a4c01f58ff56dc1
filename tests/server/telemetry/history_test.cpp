#include "server/telemetry/history.h"

#include <doctest/doctest.h>

namespace telemetry {
namespace {

TEST_CASE("a point has what was added in its own step, and the levels at its end") {
  History history;
  history.add_job(100.0, false);
  history.add_job(std::nullopt, true);
  history.add_light(0.5);
  history.end_step(5, {2, 7, 30});
  history.end_step(10, {0, 0, 0});
  const auto json = history.json();
  CHECK(json.at("step_s") == 5);
  CHECK(json.at("at_s") == ipc::Json{5.0, 10.0});
  CHECK(json.at("running") == ipc::Json{2, 0});
  CHECK(json.at("waiting") == ipc::Json{7, 0});
  CHECK(json.at("stored_queued") == ipc::Json{30, 0});
  CHECK(json.at("jobs") == ipc::Json{2, 0});
  CHECK(json.at("failed") == ipc::Json{1, 0});
  CHECK(json.at("light") == ipc::Json{1, 0});
  CHECK(json.at("run_p50_ms").at(0).get<double>() == doctest::Approx(100).epsilon(0.055));
  CHECK(json.at("run_p50_ms").at(1).is_null());
  CHECK(json.at("light_p99_ms").at(0).get<double>() == doctest::Approx(0.5).epsilon(0.055));
}

TEST_CASE("fifteen minutes are kept, the oldest first") {
  History history;
  for (int step = 1; step <= 500; ++step) history.end_step(step * 5, {static_cast<std::size_t>(step), 0, 0});
  const auto json = history.json();
  REQUIRE(json.at("at_s").size() == 180);
  CHECK(json.at("at_s").front() == 321 * 5.0);
  CHECK(json.at("at_s").back() == 2500.0);
  CHECK(json.at("running").front() == 321);
  for (const auto& [name, values] : json.items())
    if (values.is_array()) CHECK(values.size() == 180);
}

TEST_CASE("the schema has every member of the history") {
  const auto json = History().json(), schema = history_schema();
  for (const auto& [name, values] : json.items()) CHECK(schema.at("properties").contains(name));
}

}  // namespace
}  // namespace telemetry
