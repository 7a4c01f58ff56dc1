#include "server/telemetry/history.h"

#include <algorithm>
#include <utility>

#include "server/telemetry/figures_json.h"

namespace telemetry {
namespace {

using ipc::Json;
using Point = History::Point;

struct Column {
  const char* name;
  Json (*of)(const Point&);
};

constexpr Column kColumns[] = {
    {"at_s", [](const Point& point) -> Json { return rounded(point.at_s); }},
    {"running", [](const Point& point) -> Json { return point.levels.running; }},
    {"waiting", [](const Point& point) -> Json { return point.levels.waiting; }},
    {"stored_queued", [](const Point& point) -> Json { return point.levels.stored_queued; }},
    {"jobs", [](const Point& point) -> Json { return point.jobs; }},
    {"failed", [](const Point& point) -> Json { return point.failed; }},
    {"run_p50_ms", [](const Point& point) { return or_null(point.run_p50); }},
    {"run_p99_ms", [](const Point& point) { return or_null(point.run_p99); }},
    {"light", [](const Point& point) -> Json { return point.light; }},
    {"light_p50_ms", [](const Point& point) { return or_null(point.light_p50); }},
    {"light_p99_ms", [](const Point& point) { return or_null(point.light_p99); }}};

}  // namespace

void History::add_job(std::optional<double> run_ms, bool failed) {
  ++jobs_;
  if (failed) ++failed_;
  if (run_ms) runs_.add(*run_ms);
}

void History::end_step(double at_s, const Levels& levels) {
  ring_[ended_++ % kPoints] = {at_s,
                               levels,
                               std::exchange(jobs_, 0),
                               std::exchange(failed_, 0),
                               light_.count(),
                               rounded(runs_.quantile(0.5)),
                               rounded(runs_.quantile(0.99)),
                               rounded(light_.quantile(0.5)),
                               rounded(light_.quantile(0.99))};
  runs_ = light_ = {};
}

Json History::json() const {
  Json history{{"step_s", kStepSeconds}};
  const auto first = ended_ - std::min<std::uint64_t>(ended_, kPoints);
  for (const auto& column : kColumns) {
    auto& values = history[column.name] = Json::array();
    for (auto step = first; step < ended_; ++step) values.push_back(column.of(ring_[step % kPoints]));
  }
  return history;
}

Json history_schema() {
  const Json values{{"type", "array"},
                    {"maxItems", History::kPoints},
                    {"items", {{"type", {"number", "null"}}, {"minimum", 0}}}};
  Json properties{{"step_s", {{"type", "integer"}, {"minimum", 1}}}};
  for (const auto& column : kColumns) properties[column.name] = values;
  return object_of(std::move(properties));
}

}  // namespace telemetry
