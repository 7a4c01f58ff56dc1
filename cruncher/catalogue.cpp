#include "cruncher/catalogue.h"

#include <algorithm>
#include <map>
#include <new>
#include <utility>

#include "cruncher/version.h"
#include "ipc/schema.h"

namespace cruncher {
namespace {

using ipc::Json;

// A task's params_schema in the two forms that a call needs.
struct Contract {
  Json defaults;
  ipc::Schema schema;
};

Contract read_contract(const Task& task) {
  Json schema = Json::parse(task.params_schema);
  Json defaults = Json::object();
  for (const auto& [name, property] : schema.at("properties").items()) {
    if (const auto value = property.find("default"); value != property.end()) defaults[name] = *value;
  }
  return {std::move(defaults), ipc::Schema(std::move(schema))};
}

// Read once, when it is first asked for.
const Contract& contract_of(const Task& task) {
  static std::map<const Task*, Contract> known;
  auto found = known.find(&task);
  if (found == known.end()) found = known.emplace(&task, read_contract(task)).first;
  return found->second;
}

// OpenRPC wants a list of params with a schema each. The schema as a whole says more (what is required, and
// that nothing else is taken), so it goes along under an extension's name.
Json describe(const Task& task) {
  Json schema = Json::parse(task.params_schema);
  const Json required = schema.value("required", Json::array());
  Json params = Json::array();
  for (const auto& [name, property] : schema.at("properties").items()) {
    const bool is_required = std::find(required.begin(), required.end(), name) != required.end();
    params.push_back({{"name", name}, {"required", is_required}, {"schema", property}});
  }
  return {{"name", task.name},
          {"summary", task.summary},
          {"paramStructure", "by-name"},
          {"params", std::move(params)},
          {"result", {{"name", "result"}, {"schema", Json::parse(task.result_schema)}}},
          {"x-params-schema", std::move(schema)}};
}

}  // namespace

const Task* find_task(std::string_view name) {
  for (const Task* task : all_tasks()) {
    if (task->name == name) return task;
  }
  return nullptr;
}

std::string task_names() {
  std::string names;
  for (const Task* task : all_tasks()) names += (names.empty() ? "" : ", ") + std::string(task->name);
  return names;
}

std::optional<ipc::Error> complete_params(const Task& task, Json& params) {
  const auto& [defaults, schema] = contract_of(task);
  for (const auto& [name, value] : defaults.items()) {
    if (!params.contains(name)) params[name] = value;
  }
  const auto [fit, violations] = schema.check(params, ipc::kUnbounded);
  if (fit != ipc::Fit::no) return std::nullopt;
  return ipc::Error{static_cast<int>(ipc::ErrorCode::invalid_params),
                    "invalid params",
                    {{"errors", ipc::to_json(violations)}}};
}

TaskResult run_task(const Task& task, Json params, Progress& progress) {
  if (auto error = complete_params(task, params)) return std::move(*error);
  return task.run(params, progress);
}

void read_all_schemas() {
  for (const Task* task : all_tasks()) contract_of(*task);
}

Json describe_tasks() {
  Json methods = Json::array();
  for (const Task* task : all_tasks()) methods.push_back(describe(*task));
  return {{"openrpc", "1.3.2"},
          {"info", {{"title", "cruncher"}, {"version", kVersion}}},
          {"x-jobs-per-process", true},
          {"methods", std::move(methods)}};
}

}  // namespace cruncher
