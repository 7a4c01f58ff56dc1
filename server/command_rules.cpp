#include "server/command_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <set>

#include "ipc/schema.h"
#include "server/commands.h"

namespace server {
namespace {

using ipc::Json;
using process::Command;

template <typename... Parts>
[[noreturn]] void refuse(const std::string& place, fmt::format_string<Parts...> why, Parts&&... parts) {
  throw BadCommand(fmt::format("{}: {}", place, fmt::format(why, std::forward<Parts>(parts)...)));
}

Json object_of(const std::string& json, const std::string& place, const char* key, const char* example) {
  auto parsed = ipc::parse_json(json);
  auto* value = std::get_if<Json>(&parsed);
  if (!value || !value->is_object()) refuse(place, "{} must be a table, as in {}", key, example);
  return std::move(*value);
}

bool is_name(const std::string& name) {
  const process::Argument argument("{" + name + "}");
  const auto names = argument.names();
  return names.size() == 1 && names.front() == name;
}

// A value comes as a text, and nobody but this server checks it.
void check_param(const std::string& name, const Json& schema, const std::string& place) {
  if (!is_name(name) || name == process::kIn || name == process::kOut || name == process::kDir)
    refuse(place, "params.{}: a name is of letters, digits, '_' and '-', and not in, out or dir", name);
  if (!schema.is_object())
    refuse(place, R"(params.{} must be a JSON Schema, as in {{ type = "integer", minimum = 1 }})", name);
  const auto type = schema.contains("type") ? schema.at("type") : Json("string");
  if (type != "string" && type != "integer" && type != "number" && type != "boolean")
    refuse(place, "params.{}: type must be string, integer, number or boolean", name);
  for (const char* undecided : {"pattern", "format"})
    if (schema.contains(undecided))
      refuse(place, "params.{}: {} is not checked here: use enum, minLength and maxLength", name, undecided);
  try {
    const ipc::Schema compiled(schema);
    if (schema.contains("default") &&
        compiled.check(schema.at("default"), ipc::kUnbounded).fit != ipc::Fit::yes)
      refuse(place, "params.{}: the default {} does not fit {}", name, schema.at("default").dump(),
             schema.dump());
  } catch (const std::invalid_argument& error) {
    refuse(place, "params.{}: {}", name, error.what());
  }
}

bool is_media_type(const std::string& type, bool may_be_range) {
  const auto slash = type.find('/');
  const auto is_token = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [](unsigned char c) {
      return std::isalnum(c) || std::string_view("!#$&^_.+-").find(static_cast<char>(c)) != std::string::npos;
    });
  };
  if (slash == std::string::npos) return false;
  const auto main = std::string_view(type).substr(0, slash);
  auto sub = std::string_view(type).substr(slash + 1);
  if (may_be_range && sub == "*") return main == "*" || is_token(main);
  if (!may_be_range) {  // it may have parameters
    const auto rest = sub.substr(std::min(sub.size(), sub.find(';')));
    if (std::any_of(rest.begin(), rest.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }))
      return false;
    sub = sub.substr(0, sub.find(';'));
    sub = sub.substr(0, sub.find_last_not_of(' ') + 1);
  }
  return is_token(main) && is_token(sub);
}

void check_file(const PlaceOf& place_of, const char* key, const std::string& name) {
  if (name.find('/') != std::string::npos || name == "." || name == ".." || name.size() > 255)
    refuse(place_of(key), "{} = '{}' must be the name of a file in the job's own folder, without '/'", key,
           name);
}

// What is not there now would be missed silently, at each job.
void check_paths(const PlaceOf& place_of, const char* key, const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    if (!path.starts_with('/'))
      refuse(place_of(key), "{}: '{}' must be an absolute path; '~' is not expanded", key, path);
    std::error_code error;
    if (!std::filesystem::exists(path, error) && !error)
      refuse(place_of(key), "{}: '{}' is not there", key, path);
  }
}

void check_names(const Command& command, const PlaceOf& place_of) {
  for (const auto& argument : command.arguments)
    for (const auto name : argument.names()) {
      if (name == process::kDir || command.params.contains(std::string(name))) continue;
      if ((name == process::kIn && !command.in.empty()) || (name == process::kOut && !command.out.empty()))
        continue;
      if (name == process::kIn || name == process::kOut)
        refuse(place_of("exec"), "exec: {{{0}}} needs {0} = \"NAME\", the name of a file", name);
      refuse(
          place_of("exec"),
          "exec: {{{0}}} is no param: set params.{0} in [task.{1}], or write {{{{{0}}}}} for the text itself",
          name, command.task);
    }
  std::set<std::string> variables;
  for (const auto& [name, schema] : command.params.items())
    if (!variables.insert(process::variable_of(name)).second)
      refuse(place_of("params"), "params.{}: another param is {} in the environment, too", name,
             process::variable_of(name));
}

}  // namespace

Json params_of(const std::string& json, const std::string& place) {
  auto params = object_of(json, place, "params", R"(params.width = { type = "integer" })");
  for (auto& [name, schema] : params.items()) {
    check_param(name, schema, place);
    if (!schema.contains("type")) schema["type"] = "string";
  }
  return params;
}

std::map<int, int> statuses_of(const std::string& json, const std::string& place) {
  std::map<int, int> statuses;
  const auto table = object_of(json, place, "exit", "exit = { 1 = 422 }");
  for (const auto& [text, status] : table.items()) {
    int code = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), code);
    if (error != std::errc() || rest != text.data() + text.size() || code < 1 || code > 255)
      refuse(place, "exit: '{}' must be an exit code from 1 to 255", text);
    if (!status.is_number_integer() || status < 400 || status > 599)
      refuse(place, "exit: {} = {} must be a status from 400 to 599", text, status.dump());
    statuses[code] = status.get<int>();
  }
  return statuses;
}

void check_variables(const std::vector<std::string>& variables, const std::string& place) {
  for (const auto& variable : variables) {
    const auto name = std::string_view(variable).substr(0, variable.find('='));
    const bool fits = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return c < 128 && (std::isalnum(c) || c == '_');
    });
    if (!fits || std::isdigit(static_cast<unsigned char>(name.front())))
      refuse(place,
             "env: '{}' must be NAME=VALUE, or NAME for the server's own, with a name of letters, digits and "
             "'_'",
             variable);
  }
}

void check(const Command& command, const PlaceOf& place_of) {
  const auto& task = command.task;
  const bool fits = std::all_of(task.begin(), task.end(), [](unsigned char c) {
    return c < 128 && (std::isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~');
  });
  if (!fits || task.empty() || task == "." || task == ".." || task.size() > 128)
    refuse(command.place, "the name must be up to 128 letters, digits, '-', '.', '_' and '~'");
  check_names(command, place_of);
  check_file(place_of, "in", command.in);
  check_file(place_of, "out", command.out);
  check_paths(place_of, "read", command.confinement.read);
  check_paths(place_of, "write", command.confinement.write);
  if (!command.in.empty() && command.in == command.out)
    refuse(place_of("out"), "in and out are the same file '{}'", command.in);
  for (const auto& range : command.accepts)
    if (!is_media_type(range, true))
      refuse(place_of("accepts"), R"(accepts: '{}' must be a media range, as in "image/*")", range);
  if (!is_media_type(command.answers, false))
    refuse(place_of("answers"), R"(answers: '{}' must be a media type, as in "image/png")", command.answers);
  if (command.streams && (!command.out.empty() || command.answers_header))
    refuse(place_of("stream"), "stream sends stdout as it comes: it cannot be with {}",
           command.answers_header ? "cgi" : "out");
  if (command.spares > 0 && (!command.params.empty() || !command.in.empty()))
    refuse(place_of("spares"), "spares are started before there is a request: they cannot be with {}",
           command.params.empty() ? "in" : "params");
  if (command.answers_header && !command.out.empty())
    refuse(place_of("cgi"), "cgi is about stdout: it cannot be with out");
}

}  // namespace server
