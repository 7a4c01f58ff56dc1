#include "server/routes/command_params.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "ipc/json.h"

namespace routes {
namespace {

using ipc::Json;

template <typename Number>
Json number_of(const std::string& text) {
  Number number{};
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  // JSON has no number that is not finite.
  const bool is_number = error == std::errc() && rest == end && std::isfinite(static_cast<double>(number));
  return is_number ? Json(number) : Json();
}

std::optional<std::string> fault_of_text(const std::string& text) {
  if (text.find('\0') != std::string::npos) return "must not hold a NUL";
  const auto parsed = ipc::parse_json(ipc::print_json(text));
  if (const auto* value = std::get_if<Json>(&parsed); !value || *value != text) return "must be UTF-8";
  return std::nullopt;
}

}  // namespace

Json typed_param(const std::string& text, const Json& schema) {
  const auto type = schema.is_object() ? schema.value("type", Json()) : Json();
  Json value;
  if (type == "integer") value = number_of<std::int64_t>(text);
  if (type == "number") value = number_of<double>(text);
  if (type == "boolean" && (text == "true" || text == "false")) value = text == "true";
  return value.is_null() ? Json(text) : value;
}

std::variant<process::ParamValues, std::vector<ipc::Violation>> command_params(const Task& task,
                                                                               const QueryPairs& query) {
  const auto& schemas = task.command->params;
  auto params = Json::object();
  std::vector<ipc::Violation> wrong;
  for (const auto& [name, text] : query) {
    if (const auto fault = fault_of_text(text))
      wrong.push_back({"/" + ipc::shortened(name), *fault});
    else if (params.contains(name))
      wrong.push_back({"/" + ipc::shortened(name), "must stand once in the query"});
    else
      params[name] = typed_param(text, schemas.contains(name) ? schemas.at(name) : Json::object());
  }
  if (!wrong.empty()) return wrong;
  for (const auto& [name, schema] : schemas.items())
    if (!params.contains(name) && schema.contains("default")) params[name] = schema.at("default");
  auto verdict = task.params.check(params, ipc::kUnbounded);
  if (verdict.fit != ipc::Fit::yes) {
    if (verdict.violations.empty()) verdict.violations.push_back({"", "could not be checked"});
    return std::move(verdict.violations);
  }
  process::ParamValues values;
  for (const auto& [name, value] : params.items())
    values[name] = {value.is_string() ? value.get<std::string>() : value.dump(), value.is_string()};
  if (const auto name = process::misread_param(*task.command, values))
    wrong.push_back({fmt::format("/{}", *name), "must not begin with '-' or '@'"});
  if (!wrong.empty()) return wrong;
  return values;
}

}  // namespace routes
