#include "server/telemetry/figures_json.h"
#include "server/telemetry/status.h"

namespace telemetry {

ipc::Json status_schema() {
  const ipc::Json text{{"type", "string"}}, flag{{"type", "boolean"}};
  const ipc::Json count{{"type", "integer"}, {"minimum", 0}}, number{{"type", "number"}, {"minimum", 0}};
  const ipc::Json count_or_null{{"type", {"integer", "null"}}, {"minimum", 0}};
  const ipc::Json number_or_null{{"type", {"number", "null"}}, {"minimum", 0}};
  const ipc::Json counts{{"type", "object"}, {"additionalProperties", count}};
  const auto level = [&](const char* name) { return object_of({{name, count}, {"limit", count}}); };
  const auto pace = object_of(
      {{"total", count}, {"p50_ms", number_or_null}, {"p99_ms", number_or_null}, {"per_s", number}});
  const auto job = object_of({{"id", {{"type", {"string", "null"}}}},
                              {"task", text},
                              {"state", {{"type", "string"}, {"enum", {"running", "waiting"}}}},
                              {"pid", count_or_null},
                              {"age_ms", number},
                              {"progress", {{"type", {"number", "null"}}, {"minimum", 0}, {"maximum", 1}}},
                              {"cpu_ms", number_or_null},
                              {"rss_kib", count_or_null}});
  return object_of(
      {{"server", object_of({{"version", text},
                             {"pid", count},
                             {"started", {{"type", "string"}, {"format", "date-time"}}},
                             {"uptime_s", number},
                             {"draining", flag},
                             {"rss_kib", count_or_null},
                             {"cpu_s", number}})},
       {"connections", object_of({{"open", count}, {"accepted_total", count}, {"closed_total", counts}})},
       {"slots", level("running")},
       {"queue", level("waiting")},
       {"spares", level("ready")},
       {"processes", object_of({{"reused_total", count}, {"recycled_total", counts}})},
       {"jobs", {{"type", "array"}, {"items", job}, {"maxItems", Status::kListed}}},
       {"jobs_not_listed", count},
       {"tasks", task_figures_schema()},
       {"failures", last_failures_schema()},
       {"requests", object_of({{"light", pace}, {"heavy", pace}})},
       {"stored", {{"type", {"object", "null"}}}},
       {"outcomes", counts}});
}

ipc::Json status_history_schema() {
  auto schema = history_schema();
  for (const char* name : {"pid", "uptime_s"}) {
    schema["properties"][name] = {{"type", "number"}, {"minimum", 0}};
    schema["required"].push_back(name);
  }
  return schema;
}

}  // namespace telemetry
