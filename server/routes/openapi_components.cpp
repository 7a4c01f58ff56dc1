#include "server/routes/openapi_components.h"

#include "server/routes/openapi.h"

namespace routes {

using ipc::Json;

namespace {

// An object that has all of these members, and no promise that it will never have more.
Json object_of(Json properties) {
  auto names = Json::array();
  for (const auto& [name, schema] : properties.items()) names.push_back(name);
  return {{"type", "object"}, {"required", std::move(names)}, {"properties", std::move(properties)}};
}

// What telemetry/status.h prints.
Json status_schema() {
  const Json text{{"type", "string"}}, flag{{"type", "boolean"}};
  const Json count{{"type", "integer"}, {"minimum", 0}}, number{{"type", "number"}, {"minimum", 0}};
  const Json count_or_null{{"type", {"integer", "null"}}, {"minimum", 0}};
  const Json number_or_null{{"type", {"number", "null"}}, {"minimum", 0}};
  const Json counts{{"type", "object"}, {"additionalProperties", count}};
  const auto level = [&](const char* name) { return object_of({{name, count}, {"limit", count}}); };
  const auto pace = object_of(
      {{"total", count}, {"p50_ms", number_or_null}, {"p99_ms", number_or_null}, {"per_s", number}});
  const auto job = object_of({{"id", text},
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
       {"jobs", {{"type", "array"}, {"items", job}}},
       {"requests", object_of({{"light", pace}, {"heavy", pace}})},
       {"outcomes", counts}});
}

}  // namespace

Json openapi_components() {
  const Json number{{"type", "number"}, {"minimum", 0}};
  const Json count_or_null{{"type", {"integer", "null"}}};
  return {
      {"schemas",
       {{"Status", status_schema()},
        {"Usage",
         {{"type", "object"},
          {"description",
           "what a job cost, by the kernel's accounting; its peak of memory is not known of most jobs that "
           "answer within 10 ms"},
          {"properties",
           {{"wait_ms", number},
            {"run_ms", number},
            {"cpu_ms", number},
            {"max_rss_kib", count_or_null},
            {"pid", {{"type", "integer"}}}}}}},
        {"Problem",
         {{"type", "object"},
          {"description", "RFC 9457"},
          {"required", {"type", "title", "status", "reason", "detail"}},
          {"properties",
           {{"type", {{"type", "string"}}},
            {"title", {{"type", "string"}}},
            {"status", {{"type", "integer"}}},
            {"reason", {{"type", "string"}, {"description", "stable word for programs"}}},
            {"detail", {{"type", "string"}}},
            {"request_id", {{"type", "string"}}},
            {"errors",
             {{"type", "array"},
              {"items",
               {{"type", "object"},
                {"required", {"pointer", "message"}},
                {"properties", {{"pointer", {{"type", "string"}}}, {"message", {{"type", "string"}}}}}}}}},
            {"signal", {{"type", "string"}}},
            {"exit_code", {{"type", "integer"}}},
            {"usage", reference("schemas", "Usage")}}}}}}},
      {"responses",
       {{"Problem", response("why not", "application/problem+json", reference("schemas", "Problem"))}}},
      {"parameters",
       {{"Prefer",
         {{"name", "Prefer"},
          {"in", "header"},
          {"required", false},
          {"description", "wait=N shortens the deadline to N seconds (RFC 7240)"},
          {"schema", {{"type", "string"}}}}},
        {"RequestId",
         {{"name", "X-Request-Id"},
          {"in", "header"},
          {"required", false},
          {"description", "taken over into the log and the response"},
          {"schema", {{"type", "string"}}}}}}}};
}

}  // namespace routes
