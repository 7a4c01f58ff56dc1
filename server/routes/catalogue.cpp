#include "server/routes/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "ipc/message.h"

namespace routes {
namespace {

// Each task has a path, metrics of its own and a place in openapi.json.
constexpr std::size_t kMaxTasks = 1000;
constexpr std::size_t kMaxName = 128;

// The whole object's schema where the document has it, else made of OpenRPC's content descriptors, one per
// member.
ipc::Json params_schema(const ipc::Json& method) {
  if (method.contains("x-params-schema")) return method.at("x-params-schema");
  ipc::Json schema{{"type", "object"}, {"properties", ipc::Json::object()}, {"required", ipc::Json::array()}};
  for (const auto& descriptor : method.value("params", ipc::Json::array())) {
    const auto& name = descriptor.at("name").get_ref<const std::string&>();
    schema["properties"][name] = descriptor.value("schema", ipc::Json::object());
    if (descriptor.value("required", false)) schema["required"].push_back(name);
  }
  return schema;
}

// Of a command: what is given is a param of its own, or its default.
ipc::Json params_schema(const process::Command& command) {
  ipc::Json schema{{"type", "object"},
                   {"properties", command.params},
                   {"required", ipc::Json::array()},
                   {"additionalProperties", false}};
  for (const auto& [name, param] : command.params.items())
    if (!param.contains("default")) schema["required"].push_back(name);
  return schema;
}

ipc::Json result_schema(const ipc::Json& method) {
  if (!method.contains("result")) return ipc::Json::object();
  return method.at("result").value("schema", ipc::Json::object());
}

// Of RFC 3986's unreserved characters, so that it is one segment of a path as it stands.
void check_name(const std::string& name) {
  if (name.size() > kMaxName)
    throw std::invalid_argument(fmt::format("the name of the method '{}' is longer than {} characters",
                                            ipc::shortened(name), kMaxName));
  const bool fits = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return c < 128 && (std::isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~');
  });
  if (!fits || name.empty() || name == "." || name == "..")
    throw std::invalid_argument(fmt::format(
        "the method '{}' cannot be a task: its name must be letters, digits, '-', '.', '_' and '~'",
        ipc::shortened(name)));
}

ipc::Schema compiled(const std::string& task, const ipc::Json& schema) {
  try {
    return ipc::Schema(schema);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("the params of the method '{}': {}", task, error.what()));
  }
}

}  // namespace

Catalogue::Catalogue(const ipc::Json& openrpc, const process::JobLimits& limits,
                     const std::map<std::string, process::JobLimits>& per_task) {
  try {
    for (const auto& method : openrpc.at("methods")) {
      auto name = method.at("name").get<std::string>();
      if (name.rfind("rpc.", 0) == 0) continue;
      check_name(name);
      auto schema = params_schema(method);
      auto params = compiled(name, schema);
      if (tasks_.size() == kMaxTasks)
        throw std::invalid_argument(fmt::format("it has more than {} methods", kMaxTasks));
      const auto own = per_task.find(name);
      Task task{name,
                method.value("summary", ""),
                std::move(schema),
                result_schema(method),
                std::move(params),
                own == per_task.end() ? limits : own->second};
      task.content_param = binary_member(task.params_schema);
      task.content_result = binary_member(task.result_schema);
      tasks_.emplace(name, std::move(task));
    }
  } catch (const std::exception& error) {
    throw std::invalid_argument(
        fmt::format("its answer to rpc.discover is no usable OpenRPC document: {}", error.what()));
  }
}

void Catalogue::add(const process::Command& command) {
  if (find(command.task))
    throw std::invalid_argument(
        fmt::format("{}: the cruncher offers a task of that name already: choose another", command.place));
  auto schema = params_schema(command);
  try {
    ipc::Schema params(schema);
    tasks_.emplace(command.task, Task{command.task,
                                      command.summary,
                                      std::move(schema),
                                      ipc::Json(),
                                      std::move(params),
                                      command.limits,
                                      &command,
                                      {},
                                      {}});
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("{}: params: {}", command.place, error.what()));
  }
}

const Task* Catalogue::find(std::string_view name) const {
  const auto found = tasks_.find(name);
  return found == tasks_.end() ? nullptr : &found->second;
}

PreparedParams prepare(const Task& task, std::string_view text, const std::string& rpc_id) {
  auto parsed = ipc::parse_json(text);
  if (auto* fault = std::get_if<ipc::JsonFault>(&parsed)) return std::move(*fault);
  const auto& params = std::get<ipc::Json>(parsed);
  if (!params.is_object())
    return std::vector<ipc::Violation>{{"", fmt::format("must be an object, but is {}", params.type_name())}};
  // What stays undecided is for the cruncher to check.
  auto verdict = task.params.check(params, ipc::steps_for(text.size()));
  if (verdict.fit == ipc::Fit::no) return std::move(verdict.violations);
  return ipc::print_verbatim_request(rpc_id, task.name, text);
}

}  // namespace routes
