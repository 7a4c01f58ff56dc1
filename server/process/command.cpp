#include "server/process/command.h"

#include <cctype>

#include "server/process/run_command.h"

namespace process {
namespace {

// In a job's folder; "" where the command has no such file.
std::string path_in(const std::string& folder, const std::string& name) {
  return name.empty() ? folder : folder + "/" + name;
}

std::variant<std::vector<std::string>, std::string_view> words_of(const Command& command,
                                                                  const ParamValues& params,
                                                                  const std::string& folder) {
  const auto in = path_in(folder, command.in), out = path_in(folder, command.out);
  const auto value_of = [&](std::string_view name) -> ArgumentValue {
    if (const auto found = params.find(name); found != params.end())
      return {found->second.text, found->second.is_text};
    if (name == kIn) return {in};
    return {name == kOut ? out : folder};
  };
  std::vector<std::string> words;
  for (const auto& argument : command.arguments) {
    auto word = argument.fill(value_of);
    if (const auto* name = std::get_if<std::string_view>(&word)) return *name;
    words.push_back(std::move(std::get<std::string>(word)));
  }
  return words;
}

}  // namespace

std::string variable_of(std::string_view param) {
  std::string variable = "PARAM_";
  for (const unsigned char c : param) variable += std::isalnum(c) ? static_cast<char>(std::toupper(c)) : '_';
  return variable;
}

std::optional<std::string_view> misread_param(const Command& command, const ParamValues& params) {
  const auto words = words_of(command, params, "/");
  const auto* name = std::get_if<std::string_view>(&words);
  return name ? std::optional(*name) : std::nullopt;
}

Order order_of(const Command& command, const CommandInput& input, const std::string& folder) {
  Order order;
  order.program = command.program;
  auto words = words_of(command, input.params, folder);
  if (auto* argv = std::get_if<std::vector<std::string>>(&words)) order.argv = std::move(*argv);
  order.environment = command.environment;
  for (const char* name : {"HOME=", "TMPDIR="}) order.environment.push_back(name + folder);
  for (const auto& [name, value] : input.params)
    order.environment.push_back(variable_of(name) + "=" + value.text);
  order.folder = folder;
  order.in = command.in;
  order.limits = command.limits;
  order.file_size = file_size_of(command.limits);
  order.confiner = command.confiner;
  order.streams = input.streams;
  order.content = input.content;
  return order;
}

}  // namespace process
