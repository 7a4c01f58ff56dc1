#include "server/routes/openapi.h"

#include <fmt/format.h>

#include <vector>

#include "server/version.h"

namespace routes {
namespace {

using ipc::Json;

Json reference(const char* kind, const char* name) {
  return {{"$ref", fmt::format("#/components/{}/{}", kind, name)}};
}

Json content(const char* type, Json schema) {
  return {{type, {{"schema", std::move(schema)}}}};
}

Json response(const char* description, const char* type, Json schema) {
  return {{"description", description}, {"content", content(type, std::move(schema))}};
}

// Not Json: of one in braces some compilers make an array, and some a copy.
using Parameters = std::vector<Json>;

Json operation(const std::string& id, const std::string& summary, Json ok, const Parameters& parameters) {
  Json described{{"operationId", id},
                 {"summary", summary},
                 {"responses",
                  {{"200", std::move(ok)},
                   {"4XX", reference("responses", "Problem")},
                   {"5XX", reference("responses", "Problem")}}}};
  if (!parameters.empty()) described["parameters"] = parameters;
  return described;
}

Json get(const std::string& id, const std::string& summary, Json ok, const Parameters& parameters = {}) {
  return {{"get", operation(id, summary, std::move(ok), parameters)}};
}

Json any_json(const char* description) {
  return response(description, "application/json", {{"type", "object"}});
}

Json query(const char* name, bool required, const char* description, Json schema) {
  return {{"name", name},
          {"in", "query"},
          {"required", required},
          {"description", description},
          {"schema", std::move(schema)}};
}

Json milliseconds(long most) {
  return {{"type", "integer"}, {"minimum", 0}, {"maximum", most}};
}

// A schema inside the document is of OpenAPI 3.1's own dialect: what draft-07 says is said there in the same
// words, but its definitions move to the components, under the task's name.
class Embedding {
 public:
  explicit Embedding(Json& schemas) : schemas_(schemas) {}

  Json embed(const std::string& task, Json schema) {
    if (!schema.is_object()) return schema;
    schema.erase("$schema");
    if (const auto definitions = schema.find("definitions"); definitions != schema.end()) {
      for (auto& [name, definition] : definitions->items()) {
        rebase(task, definition);
        schemas_[task + "_" + name] = definition;
      }
      schema.erase("definitions");
    }
    rebase(task, schema);
    return schema;
  }

 private:
  static void rebase(const std::string& task, Json& value) {
    constexpr std::string_view kHere = "#/definitions/";
    for (auto& [name, member] : value.items()) {
      if (name == "$ref" && member.is_string() && member.get_ref<const std::string&>().rfind(kHere, 0) == 0)
        member =
            "#/components/schemas/" + task + "_" + member.get_ref<const std::string&>().substr(kHere.size());
      else if (member.is_structured())
        rebase(task, member);
    }
  }

  Json& schemas_;
};

Json outcome_of(Json result) {
  return {{"type", "object"},
          {"required", {"result", "usage"}},
          {"properties", {{"result", std::move(result)}, {"usage", reference("schemas", "Usage")}}}};
}

// Both operations: readers of OpenAPI take a concrete path for all that there is at it.
Json operations_of(const Task& task, Embedding& embedding) {
  const auto& summary = task.summary.empty() ? task.name : task.summary;
  auto operations = get("about_" + task.name, summary, any_json("its summary and schemas"));
  auto body = content("application/json", embedding.embed(task.name, task.params_schema));
  auto outcome = response("the result, and what it cost", "application/json",
                          outcome_of(embedding.embed(task.name, task.result_schema)));
  auto& post = operations["post"];
  post = operation("run_" + task.name, summary, std::move(outcome),
                   {reference("parameters", "Prefer"), reference("parameters", "RequestId")});
  post["requestBody"] = {{"required", true}, {"content", std::move(body)}};
  return operations;
}

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

Json components() {
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

}  // namespace

Json openapi(const Catalogue& catalogue) {
  auto parts = components();
  Embedding embedding(parts["schemas"]);
  Json paths;
  paths["/"] = get("welcome", "What this is, and its routes", any_json("the routes"));
  paths["/blocking"] =
      get("blocking", "Burns CPU time on the event loop itself: everything else waits", any_json("done"),
          {query("CPUTimeMs", true, "milliseconds of CPU time", milliseconds(60'000))});
  if (const auto* spin = catalogue.find("spin"))
    paths["/non-blocking"] = get(
        "non_blocking", "Burns CPU time in a process of its own",
        response("done", "application/json", outcome_of(embedding.embed(spin->name, spin->result_schema))),
        {query("CPUTimeMs", true, "milliseconds of CPU time", milliseconds(600'000)),
         query("via", false, "where: a process, or for comparison a thread of the server",
               {{"type", "string"}, {"enum", {"process", "thread"}}}),
         reference("parameters", "Prefer"), reference("parameters", "RequestId")});
  paths["/tasks"] =
      get("list_tasks", "The tasks and the JSON Schemas of their params", any_json("the catalogue"));
  paths["/tasks/{name}"] =
      get("describe_task", "One task", any_json("its summary and schemas"),
          {Json{{"name", "name"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}}});
  for (const auto& [name, task] : catalogue.tasks()) paths["/tasks/" + name] = operations_of(task, embedding);
  paths["/healthz"] = get("healthz", "Alive", any_json("alive"));
  paths["/readyz"] = get("readyz", "Ready for a heavy request", any_json("ready"));
  paths["/metrics"] = get("metrics", "Figures for Prometheus",
                          response("text exposition format", "text/plain", {{"type", "string"}}));
  paths["/status"] = get("status", "What runs and what waits",
                         response("the picture", "application/json", reference("schemas", "Status")));
  paths["/dashboard"] =
      get("dashboard", "The same, to look at", response("the page", "text/html", {{"type", "string"}}));
  paths["/openapi.json"] = get("openapi", "This document", any_json("OpenAPI 3.1"));
  return {{"openapi", "3.1.0"},
          {"info",
           {{"title", "cruncherd"},
            {"version", kVersion},
            {"description", "Light routes on one event loop, every heavy request in a process of its own."},
            {"license", {{"name", "MIT"}, {"identifier", "MIT"}}}}},
          {"servers", {{{"url", "/"}}}},
          {"security", Json::array()},
          {"paths", std::move(paths)},
          {"components", std::move(parts)}};
}

}  // namespace routes
