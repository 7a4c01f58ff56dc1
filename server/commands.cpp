#include "server/commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>

#include "server/command_rules.h"
#include "server/flags.h"
#include "server/process/environment.h"
#include "server/process/find_program.h"
#include "server/settings/flag_table.h"

namespace server {
namespace {

using process::Command;
using process::Confinement;
using settings::Entry;
using settings::FlagTable;

[[noreturn]] void refuse(const std::string& place, const std::string& why) {
  throw BadCommand(fmt::format("{}: {}", place, why));
}

// The words of an `exec`: an array of them, or one text that is split.
std::vector<std::string> words_of(const Entry& entry) {
  if (entry.is_table) refuse(entry.place, R"(exec must be an array of words: exec = ["wc", "-w"])");
  if (!entry.json.starts_with('"')) return entry.texts;
  auto words = process::split_words(entry.texts.front());
  if (const auto* why = std::get_if<std::string_view>(&words))
    refuse(entry.place, fmt::format("exec: {}", *why));
  return std::get<std::vector<std::string>>(words);
}

void add_flags_of(FlagTable& flags, Command& command) {
  using Mode = Confinement::Mode;
  add_job_flags(flags, command.limits);
  flags.list("accepts", command.accepts, "RANGE", "media ranges of the content");
  flags.text("answers", command.answers, "TYPE", "media type of the result");
  flags.flag("cgi", command.answers_header, "stdout begins with a header that names the type");
  flags.flag("stream", command.streams, "stdout goes to the client as it comes");
  flags.text("in", command.in, "NAME", "the content's file, in place of stdin");
  flags.text("out", command.out, "NAME", "the result's file, in place of stdout");
  flags.size("max-body", command.max_body, "0", "1024GiB", "content of a request");
  flags.count("running", command.running, 1, 4096, "jobs at once");
  flags.count("spares", command.spares, 0, 4096, "processes started in advance, for one without params");
  add_surroundings_flags(flags, command.environment, command.launcher);
  flags.choice<Mode>("confine", command.confinement.mode,
                     {{"on", Mode::on}, {"off", Mode::off}, {"required", Mode::required}}, "on",
                     "whether Landlock bounds what it reaches");
  flags.list("read", command.confinement.read, "PATH", "to read and to execute, beside the system's folders");
  flags.list("write", command.confinement.write, "PATH", "to write, beside the job's own folder");
  flags.flag("network", command.confinement.network, "it may use TCP");
  flags.text("summary", command.summary, "TEXT", "for /tasks");
}

void set(const settings::Flag& flag, const Entry& entry, const std::string& place) {
  if (flag.is_text && !entry.json.starts_with('"'))
    refuse(place, fmt::format(R"({0}: {1} must be a text, as in {0} = "{1}")", entry.key, entry.json));
  try {
    if (flag.form != settings::Flag::Form::list && entry.texts.size() != 1)
      throw settings::BadValue("one value is needed");
    for (const auto& text : entry.texts) flag.set(text);
  } catch (const settings::BadValue& error) {
    refuse(place, fmt::format("{}: {}", entry.key, error.what()));
  }
}

// The launcher's, then the command's own.
std::vector<std::string> launched(const std::string& place, const std::string& launcher,
                                  std::vector<std::string> words) {
  auto split = process::split_words(launcher);
  if (const auto* why = std::get_if<std::string_view>(&split))
    refuse(place, fmt::format("launcher: {}", *why));
  auto& all = std::get<std::vector<std::string>>(split);
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

// What its words say: the program, its arguments, and which files it reads.
void give_words(Command& command, const std::string& place, const std::vector<std::string>& words) {
  if (words.empty() || words.front().empty()) refuse(place, "exec names no program");
  command.program = std::filesystem::absolute(process::find_program(words.front()));
  if (::access(command.program.c_str(), X_OK) != 0)
    refuse(place, fmt::format("exec: there is no program '{}': {}", words.front(),
                              words.front().find('/') == std::string::npos ? "it is not in PATH"
                                                                           : std::strerror(errno)));
  if (const auto fault = process::fault_of_script(command.program); !fault.empty())
    refuse(place, fmt::format("exec: '{}': {}", command.program, fault));
  for (const auto& word : words) command.arguments.emplace_back(word);
  auto& read = command.confinement.read;
  std::error_code ignored;
  for (const auto& word : words)
    if (word.starts_with('/') && !word.starts_with("/dev/") && std::filesystem::exists(word, ignored))
      read.push_back(word);
  if (command.summary.empty()) command.summary = fmt::format("{}", fmt::join(words, " "));
}

void give_environment(Command& command, const CommandDefaults& defaults) {
  auto environment = process::allowed_environment();
  std::erase_if(environment, [](const std::string& variable) {
    return variable.starts_with("HOME=") || variable.starts_with("TMPDIR=");
  });
  for (const auto& variable : defaults.environment) process::set_variable(environment, variable);
  for (const auto& variable : command.environment) process::set_variable(environment, variable);
  command.environment = std::move(environment);
}

}  // namespace

bool is_command(const settings::TaskSection& section) {
  return std::any_of(section.entries.begin(), section.entries.end(),
                     [](const Entry& entry) { return entry.key == "exec"; });
}

bool has_launcher(const settings::TaskSection& section) {
  return std::any_of(section.entries.begin(), section.entries.end(),
                     [](const Entry& entry) { return entry.key == "launcher"; });
}

Command read_command(const settings::TaskSection& section, const CommandDefaults& defaults) {
  Command command;
  command.task = section.name;
  command.place = fmt::format("{}: [task.{}]", section.place, section.name);
  command.limits = defaults.limits;
  if (has_launcher(section)) {
    command.limits = defaults.launched;
    command.confinement.mode = Confinement::Mode::off;  // it speaks to somebody else
  }
  FlagTable flags;
  add_flags_of(flags, command);
  const PlaceOf place_of = [&section](std::string_view key) {
    const auto is_it = [key](const Entry& entry) { return entry.key == key; };
    const auto found = std::find_if(section.entries.begin(), section.entries.end(), is_it);
    return fmt::format("{}: [task.{}]", found == section.entries.end() ? section.place : found->place,
                       section.name);
  };
  const Entry* exec = nullptr;
  for (const auto& entry : section.entries) {
    const auto place = place_of(entry.key);
    auto key = entry.key;
    std::replace(key.begin(), key.end(), '_', '-');
    if (key == "exec")
      exec = &entry;
    else if (key == "params")
      command.params = params_of(entry.json, place);
    else if (key == "exit")
      command.statuses = statuses_of(entry.json, place);
    else if (const auto* flag = flags.find(key); flag && !entry.is_table)
      set(*flag, entry, place);
    else
      refuse(place, fmt::format("{}: there is no such key{}", entry.key,
                                flags.suggestion(key, {"exec", "params", "exit"})));
  }
  give_words(command, place_of("exec"), launched(place_of("launcher"), command.launcher, words_of(*exec)));
  check_variables(command.environment, place_of("env"));
  give_environment(command, defaults);
  check(command, place_of);
  return command;
}

Command read_command(const std::string& definition, const CommandDefaults& defaults) {
  const auto equals = definition.find('=');
  if (equals == std::string::npos || equals == 0)
    refuse("--exec", fmt::format("'{}' must be NAME=COMMAND, as in 'words=wc -w'", definition));
  Command command;
  command.task = definition.substr(0, equals);
  command.place = fmt::format("--exec {}", command.task);
  command.limits = defaults.limits;
  auto words = process::split_words(std::string_view(definition).substr(equals + 1));
  if (const auto* why = std::get_if<std::string_view>(&words)) refuse(command.place, std::string(*why));
  give_words(command, command.place, std::get<std::vector<std::string>>(words));
  give_environment(command, defaults);
  check(command, [&command](std::string_view) { return command.place; });
  return command;
}

void add_command(std::vector<Command>& commands, Command command) {
  for (const auto& other : commands)
    if (other.task == command.task)
      refuse(command.place, fmt::format("the task stands at {} already: choose another name", other.place));
  command.confiner = static_cast<std::uint32_t>(commands.size());
  commands.push_back(std::move(command));
}

}  // namespace server
