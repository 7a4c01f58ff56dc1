#include "server/telemetry/task_figures.h"

#include <doctest/doctest.h>

namespace telemetry {
namespace {

TEST_CASE("each task has its own jobs, failures and times") {
  TaskFigures tasks;
  const auto now = Clock::now();
  CHECK(tasks.json(now) == ipc::Json::object());
  for (int i = 0; i < 10; ++i) tasks.add("quick", 2.0, false, now);
  tasks.add("slow", 3000.0, true, now);
  tasks.add("slow", std::nullopt, true, now);  // no process could be started
  const auto json = tasks.json(now);
  CHECK(json.at("quick").at("total") == 10);
  CHECK(json.at("quick").at("failed_total") == 0);
  CHECK(json.at("quick").at("per_s") == 10);
  CHECK(json.at("quick").at("p99_ms").get<double>() == doctest::Approx(2).epsilon(0.055));
  CHECK(json.at("slow").at("total") == 2);
  CHECK(json.at("slow").at("failed_total") == 2);
  CHECK(json.at("slow").at("p50_ms").get<double>() == doctest::Approx(3000).epsilon(0.055));
  const auto later = tasks.json(now + std::chrono::minutes(2));
  CHECK(later.at("quick").at("total") == 10);
  CHECK(later.at("quick").at("per_s") == 0);
  CHECK(later.at("quick").at("p50_ms").is_null());
}

TEST_CASE("however many names there are, they do not grow beyond a bound") {
  TaskFigures tasks;
  for (int i = 0; i < 1000; ++i) tasks.add("task" + std::to_string(i), 1.0, false);
  const auto json = tasks.json();
  CHECK(json.size() == TaskFigures::kTasks + 1);
  CHECK(json.at(TaskFigures::kOthers).at("total") == 1000 - TaskFigures::kTasks);
}

}  // namespace
}  // namespace telemetry
