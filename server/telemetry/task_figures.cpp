#include "server/telemetry/task_figures.h"

#include "server/telemetry/figures_json.h"

namespace telemetry {

TaskFigures::Figures& TaskFigures::of(std::string_view task) {
  const auto found = tasks_.find(task);
  if (found != tasks_.end()) return found->second;
  const auto name = tasks_.size() < kTasks ? std::string(task) : std::string(kOthers);
  return tasks_.try_emplace(name, Figures{Recent(start_)}).first->second;
}

void TaskFigures::add(std::string_view task, std::optional<double> run_ms, bool failed,
                      Clock::time_point now) {
  auto& figures = of(task);
  ++figures.total;
  if (failed) ++figures.failed;
  if (run_ms) figures.runs.add(*run_ms, now);
}

ipc::Json TaskFigures::json(Clock::time_point now) {
  auto tasks = ipc::Json::object();
  for (auto& [name, figures] : tasks_)
    tasks[name] = {{"total", figures.total},
                   {"failed_total", figures.failed},
                   {"per_s", rounded(figures.runs.per_second(now))},
                   {"p50_ms", or_null(rounded(figures.runs.quantile(0.5, now)))},
                   {"p99_ms", or_null(rounded(figures.runs.quantile(0.99, now)))}};
  return tasks;
}

ipc::Json task_figures_schema() {
  const ipc::Json count{{"type", "integer"}, {"minimum", 0}}, number{{"type", "number"}, {"minimum", 0}};
  const ipc::Json number_or_null{{"type", {"number", "null"}}, {"minimum", 0}};
  return {{"type", "object"},
          {"additionalProperties", object_of({{"total", count},
                                              {"failed_total", count},
                                              {"per_s", number},
                                              {"p50_ms", number_or_null},
                                              {"p99_ms", number_or_null}})}};
}

}  // namespace telemetry
