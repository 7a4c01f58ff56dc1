#include "server/routes/openapi.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/routes/openapi_components.h"
#include "server/version.h"

namespace routes {
namespace {

using ipc::Json;

Json content(const char* type, Json schema) {
  return {{type, {{"schema", std::move(schema)}}}};
}

bool refers_to_itself(const Json& schema) {
  return std::any_of(schema.begin(), schema.end(),
                     [](const Json& member) { return member.is_structured() && refers_to_itself(member); }) ||
         (schema.is_object() && schema.contains("$ref") && schema.at("$ref").is_string() &&
          schema.at("$ref").get_ref<const std::string&>().starts_with('#'));
}

// A schema inside the document is of OpenAPI 3.1's own dialect: what draft-07 says is said there in the same
// words, but "#" is another document. One that refers to itself becomes components: itself under `name`, each
// of its definitions under `name` and its own name.
class Embedding {
 public:
  explicit Embedding(std::string name) : name_(std::move(name)) {}

  Json reference() const { return {{"$ref", kComponents + name_}}; }

  void move_to(Json& components, Json schema) const {
    schema.erase("$schema");
    for (const char* keyword : {"definitions", "$defs"}) {
      const auto definitions = schema.find(keyword);
      if (definitions == schema.end() || !definitions->is_object()) continue;
      for (auto& [name, definition] : definitions->items()) {
        rebase(definition);
        components[name_ + "_" + name] = definition;
      }
      schema.erase(keyword);
    }
    rebase(schema);
    components[name_] = std::move(schema);
  }

 private:
  static constexpr char kComponents[] = "#/components/schemas/";

  void rebase(Json& value) const {
    for (auto& [key, member] : value.items()) {
      if (key == "$ref" && member.is_string())
        member = moved(member.get<std::string>());
      else if (member.is_structured())
        rebase(member);
    }
  }

  std::string moved(const std::string& target) const {
    for (const std::string_view here : {"#/definitions/", "#/$defs/"})
      if (target.starts_with(here)) return kComponents + name_ + "_" + target.substr(here.size());
    return target.starts_with('#') ? kComponents + name_ + target.substr(1) : target;
  }

  std::string name_;
};

// As it stands in the document.
Json embedded(const std::string& name, Json schema) {
  if (!schema.is_object()) return schema;
  if (refers_to_itself(schema)) return Embedding(name).reference();
  schema.erase("$schema");
  return schema;
}

void add_components(Json& components, const std::string& name, const Json& schema) {
  if (schema.is_object() && refers_to_itself(schema)) Embedding(name).move_to(components, schema);
}

std::string params_name(const Task& task) {
  return task.name + "_params";
}

std::string result_name(const Task& task) {
  return task.name + "_result";
}

// Whether a key is needed is up to --api-keys.
Json key_or_none() {
  return {Json::object(), {{"ApiKey", Json::array()}}};
}

Json binary() {
  return {{"type", "string"}, {"format", "binary"}};
}

// A command's: the content is what it takes, the params stand in the query.
void describe_command(const Task& task, Json& run) {
  const auto& command = *task.command;
  const auto& required = task.params_schema.at("required");
  auto parameters = Json::array();
  for (const auto& [name, schema] : command.params.items())
    parameters.push_back({{"name", name},
                          {"in", "query"},
                          {"required", std::find(required.begin(), required.end(), name) != required.end()},
                          {"schema", schema}});
  for (const char* shared : {"Prefer", "IdempotencyKey", "RequestId"})
    parameters.push_back(reference("parameters", shared));
  run["parameters"] = std::move(parameters);
  auto content = Json::object();
  for (const auto& range : command.accepts) content[range] = {{"schema", binary()}};
  if (content.empty()) content["*/*"] = {{"schema", binary()}};
  run["requestBody"] = {{"required", false}, {"content", std::move(content)}};
  const auto* type = command.answers_header ? "*/*" : command.answers.c_str();
  run["responses"]["200"] = response("its output", type, binary());
}

// A cruncher's: the content is its params, and may come, or go, in a type of its own.
void describe_contents(const Task& task, Json& run) {
  run["requestBody"] = {
      {"required", true},
      {"content", content("application/json", embedded(params_name(task), task.params_schema))}};
  if (task.content_param) run["requestBody"]["content"][task.content_param->type] = {{"schema", binary()}};
  if (task.content_result)
    run["responses"]["200"]["content"][task.content_result->type] = {{"schema", binary()}};
}

// Both operations: readers of OpenAPI take a concrete path for all that there is at it.
Json operations_of(const Task& task) {
  auto about = operation("about_" + task.name, json_response("its summary and schemas"));
  auto run = operation("run_" + task.name,
                       response("the result, and what it cost", "application/json", outcome_schema(task)),
                       {reference("parameters", "Prefer"), reference("parameters", "IdempotencyKey"),
                        reference("parameters", "RequestId")});
  run["security"] = key_or_none();
  about["summary"] = run["summary"] = task.summary.empty() ? task.name : task.summary;
  run["responses"]["202"] = json_response("the job is stored, and will run: Location says where it is");
  if (task.command)
    describe_command(task, run);
  else
    describe_contents(task, run);
  run["responses"]["200"]["content"]["text/event-stream"] = {{"schema", {{"type", "string"}}}};
  return {{"get", std::move(about)}, {"post", std::move(run)}};
}

std::string lower(std::string_view method) {
  std::string word(method);
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  return word;
}

}  // namespace

Json reference(const char* kind, const char* name) {
  return {{"$ref", fmt::format("#/components/{}/{}", kind, name)}};
}

Json response(const char* description, const char* type, Json schema) {
  return {{"description", description}, {"content", content(type, std::move(schema))}};
}

Json json_response(const char* description) {
  return response(description, "application/json", {{"type", "object"}});
}

Json outcome_schema(const Task& task) {
  return {{"type", "object"},
          {"required", {"result", "usage"}},
          {"properties",
           {{"result", embedded(result_name(task), task.result_schema)},
            {"usage", reference("schemas", "Usage")}}}};
}

Json operation(const std::string& id, Json ok, const std::vector<Json>& parameters) {
  Json described{{"operationId", id},
                 {"responses",
                  {{"200", std::move(ok)},
                   {"4XX", reference("responses", "Problem")},
                   {"5XX", reference("responses", "Problem")}}}};
  if (!parameters.empty()) described["parameters"] = parameters;
  return described;
}

Json openapi(const Table& table, const Catalogue& catalogue) {
  auto components = openapi_components();
  Json paths;
  for (const auto& route : table) {
    if (route.description.is_null()) continue;
    auto& described = paths[std::string(route.path)][lower(route.method)];
    described = route.description;
    described["summary"] = route.summary;
    if (route.costly || std::holds_alternative<HeavyHandler>(route.handler))
      described["security"] = key_or_none();
  }
  for (const auto& [name, task] : catalogue.tasks()) {
    paths["/tasks/" + name] = operations_of(task);
    add_components(components["schemas"], params_name(task), task.params_schema);
    add_components(components["schemas"], result_name(task), task.result_schema);
  }
  return {{"openapi", "3.1.0"},
          {"info",
           {{"title", "cruncherd"},
            {"version", server::kVersion},
            {"description", "Light routes on one event loop, every heavy request in a process of its own."},
            {"license", {{"name", "MIT"}, {"identifier", "MIT"}}}}},
          {"servers", {{{"url", "/"}}}},
          {"security", Json::array()},
          {"paths", std::move(paths)},
          {"components", std::move(components)}};
}

}  // namespace routes
