#include "cruncher/help.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "cruncher/catalogue.h"

namespace cruncher {
namespace {

using ipc::Json;

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size() + 2, width), ' ');
  return text;
}

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::string bound(const Json& property, const char* inclusive, const char* exclusive, const char* word,
                  const char* exclusive_word) {
  if (const auto limit = property.find(inclusive); limit != property.end()) return word + limit->dump();
  if (const auto limit = property.find(exclusive); limit != property.end())
    return exclusive_word + limit->dump();
  return {};
}

// "(at least 0, at most 10, default 2)"
std::string limits(const Json& property, bool required) {
  std::string text;
  const auto add = [&](const std::string& part) {
    if (!part.empty()) text += (text.empty() ? " (" : ", ") + part;
  };
  add(bound(property, "minimum", "exclusiveMinimum", "at least ", "more than "));
  add(bound(property, "maximum", "exclusiveMaximum", "at most ", "less than "));
  if (const auto value = property.find("default"); value != property.end()) add("default " + value->dump());
  if (required) add("required");
  return text.empty() ? text : text + ")";
}

std::string option_line(const std::string& option, const std::string& meaning) {
  return "  " + padded(option, 24) + meaning + "\n";
}

}  // namespace

std::string general_help() {
  return "Usage: cruncher TASK [--OPTION VALUE]...\n"
         "       cruncher TASK --help\n"
         "       cruncher [--sandbox required|best-effort|report]\n"
         "\n"
         "Runs one task and prints its result as JSON. Without a task it reads JSON-RPC 2.0 request\n"
         "lines from stdin and prints an answer line for each, as a server's worker.\n"
         "\nTasks:\n" +
         task_list() + "\nOptions:\n" + option_line("--help", "this text; after a task, its options") +
         option_line("--list", "the tasks") +
         option_line("--describe", "the tasks with their schemas, as OpenRPC") +
         option_line("--sandbox MODE",
                     "before all else: required, best-effort (goes on without what is missing),") +
         option_line("", "report (tells of refused system calls); or CRUNCHER_SANDBOX=MODE") +
         option_line("--sandbox-report", "which protections are active here") +
         option_line("--fork-server", "for a server: forks a process for each job that it orders") +
         option_line("--version", "") + "\nExit codes: 0 done, 1 the task failed, 2 wrong usage or params.\n";
}

std::string task_list() {
  std::string text;
  for (const Task* task : all_tasks())
    text += option_line(std::string(task->name), std::string(task->summary));
  return text;
}

std::string task_help(const Task& task) {
  const Json schema = Json::parse(task.params_schema);
  const Json required = schema.value("required", Json::array());
  std::string text = "Usage: cruncher " + std::string(task.name) + " [--OPTION VALUE]...\n\n" +
                     std::string(task.summary) + ".\n\nOptions:\n";
  for (const auto& [name, property] : schema.at("properties").items()) {
    const bool is_required = std::find(required.begin(), required.end(), name) != required.end();
    const auto kind = upper_case(property.value("type", "json"));
    text += option_line("--" + name + " " + kind,
                        property.value("description", "") + limits(property, is_required));
  }
  text += option_line("--params -", "read the params from stdin as a JSON object, out of sight of ps");
  if (const auto member = binary_member(task)) {
    text += option_line("--output FILE", "write the result's \"" + *member + "\" to a file");
  }
  return text;
}

std::optional<std::string> binary_member(const Task& task) {
  const Json schema = Json::parse(task.result_schema);
  for (const auto& [name, property] : schema.at("properties").items()) {
    if (property.value("contentEncoding", "") == "base64") return name;
  }
  return std::nullopt;
}

}  // namespace cruncher
