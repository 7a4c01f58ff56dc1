#include "server/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "server/commands.h"
#include "server/flags.h"
#include "server/identity/api_keys.h"
#include "server/jobs/check.h"
#include "server/settings/configuration.h"
#include "server/settings/flag_table.h"
#include "server/version.h"

namespace server {
namespace {

using settings::Flag;
using settings::FlagTable;

/// A sentence for whoever gave the settings.
struct BadOptions : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What one flag was given, and the words for where: "--port", "CRUNCHERD_PORT", "FILE:LINE:COLUMN: port".
struct Given {
  std::string origin;
  std::vector<std::string> texts;
};
using Layer = std::map<std::string, Given, std::less<>>;

// Beside this program where it is installed; in a build tree, in the folder of its own.
std::string default_cruncher() {
  std::error_code ignored;
  const auto here = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  const auto in_tree = here.parent_path() / "cruncher" / "cruncher";
  const bool beside = std::filesystem::exists(here / "cruncher", ignored);
  return beside || !std::filesystem::exists(in_tree, ignored) ? here / "cruncher" : in_tree;
}

void set(const Flag& flag, const Given& given) {
  try {
    if (flag.form != Flag::Form::list && given.texts.size() != 1)
      throw settings::BadValue("one value is needed");
    for (const auto& text : given.texts) flag.set(text);
  } catch (const settings::BadValue& error) {
    throw BadOptions(fmt::format("{}: {}", given.origin, error.what()));
  }
}

// The command line, as CLI11 reads it.
class CommandLine {
 public:
  explicit CommandLine(const FlagTable& flags) : flags_(flags) {
    app_.set_version_flag("--version", fmt::format("cruncherd {}", kVersion));
    app_.add_option(
            "--config", config_,
            "configuration in TOML: `key = value`, keys are flags without dashes; [task.NAME] for one task")
        ->type_name("FILE");
    app_.add_option("--check-jobs", check_jobs_,
                    "instead of serving: say what is wrong with a folder of --jobs-dir")
        ->type_name("DIR");
    app_.add_option(
            "--make-key", make_key_,
            "print a new key for the client NAME, and below it the line for --api-keys; serves nobody")
        ->type_name("NAME");
    app_.allow_extras();  // refused by refuse_others(), which knows what may have been meant
    app_.footer(
        "Durations take ms, s, m, h, or are in seconds; sizes take B, KiB, MiB, GiB. Each flag is also an\n"
        "environment variable: --max-body is CRUNCHERD_MAX_BODY. The command line wins over the "
        "environment,\n"
        "that over the file.");
    app_.get_formatter()->column_width(40);
    for (const auto& flag : flags.all()) add(flag);
  }

  // Throws what CLI11 throws, or BadOptions.
  Layer read(int argc, char** argv) {
    app_.parse(argc, argv);
    refuse_others();
    return std::move(given_);
  }
  const std::string& config() const { return config_; }
  const std::string& check_jobs() const { return check_jobs_; }
  const std::string& make_key() const { return make_key_; }
  CLI::App& app() { return app_; }

 private:
  void add(const Flag& flag) {
    const auto option = fmt::format("--{}", flag.name);
    const auto keep = [this, name = flag.name, option](std::vector<std::string> texts) {
      given_[name] = {option, std::move(texts)};
    };
    CLI::Option* added = nullptr;
    if (flag.form == Flag::Form::on_off)
      added = app_.add_flag_function(
          option, [keep](std::int64_t count) { keep({count > 0 ? "true" : "false"}); }, flag.help);
    else if (flag.form == Flag::Form::list)
      added = app_.add_option_function<std::vector<std::string>>(
                      option, [keep](const std::vector<std::string>& texts) { keep(texts); }, flag.help)
                  ->allow_extra_args(false);
    else
      added = app_.add_option_function<std::string>(
          option, [keep](const std::string& text) { keep({text}); }, flag.help);
    if (!flag.type.empty()) added->default_str(flag.shown)->type_name(flag.type);
    added->group(flag.group);
  }

  void refuse_others() const {
    const auto others = app_.remaining();
    if (others.empty()) return;
    const auto& first = others.front();
    if (!first.starts_with("--")) throw BadOptions(fmt::format("'{}' was not expected", first));
    const auto name = first.substr(2, first.find('=') - 2);
    throw BadOptions(fmt::format("--{}: there is no such flag{}", name, flags_.suggestion(name)));
  }

  const FlagTable& flags_;
  CLI::App app_{
      "Answers light routes on one event loop and runs every heavy request in a process of its own.",
      "cruncherd"};
  std::string config_, make_key_, check_jobs_;
  Layer given_;
};

// Nothing where the variable is unset or empty. Kubernetes sets CRUNCHERD_PORT=tcp://10.96.0.5:8080 where a
// service has this server's name.
std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (!value || !*value) return std::nullopt;
  const std::string_view text = value;
  if (text.starts_with("tcp://") || text.starts_with("udp://")) return std::nullopt;
  return std::string(text);
}

// systemd's for this service: the first of them.
std::string state_directory() {
  const auto folders = variable("STATE_DIRECTORY").value_or("");
  return folders.substr(0, folders.find(':'));
}

Layer read_environment(const FlagTable& flags) {
  Layer given;
  for (const auto& flag : flags.all())
    if (auto text = variable(flag.variable())) given[flag.name] = {flag.variable(), {std::move(*text)}};
  return given;
}

Given given_by(const settings::Entry& entry) {
  return {fmt::format("{}: {}", entry.place, entry.key), entry.texts};
}

Layer read_file(const FlagTable& flags, const settings::Configuration& file) {
  Layer given;
  for (const auto& entry : file.entries) {
    if (!flags.find(entry.key))
      throw BadOptions(
          fmt::format("{}: {}: there is no such key{}", entry.place, entry.key, flags.suggestion(entry.key)));
    given[entry.key] = given_by(entry);
  }
  return given;
}

// A limit of the program's is not its launcher's: only what was asked for is set.
process::JobLimits only_asked(process::JobLimits limits, const std::set<std::string_view>& given) {
  if (!given.contains("memory")) limits.memory = 0;
  if (!given.contains("open-files")) limits.open_files = 0;
  if (!given.contains("file-size")) limits.file_size = 0;
  return limits;
}

struct TaskSettings {
  process::JobLimits limits;
  OwnSurroundings surroundings;
};

// A task's section, over what holds for all; `launched` holds for those with a launcher of their own.
TaskSettings read_section(const settings::TaskSection& section, const process::JobLimits& limits,
                          const process::JobLimits& launched) {
  TaskSettings task{has_launcher(section) ? launched : limits, {}};
  FlagTable flags;
  add_job_flags(flags, task.limits);
  add_surroundings_flags(flags, task.surroundings.environment, task.surroundings.launcher);
  for (const auto& entry : section.entries) {
    if (const auto* flag = flags.find(entry.key); flag && !entry.is_table)
      set(*flag, given_by(entry));
    else if (entry.is_table)
      throw BadOptions(fmt::format("{}: [task.{}.{}] {}: what holds for a task stands in [task.NAME]",
                                   entry.place, section.name, entry.key, fmt::join(entry.texts, ", ")));
    else
      throw BadOptions(fmt::format("{}: [task.{}] {}: there is no such key{}, without exec", entry.place,
                                   section.name, entry.key, flags.suggestion(entry.key)));
  }
  return task;
}

void refuse_fork_by_launcher(const Options& options, const std::string& launcher) {
  if (launcher.empty() || options.start != process::Start::fork) return;
  throw BadOptions("--start fork: a --launcher starts each process anew; leave one of the two out");
}

Instead findings_in(const std::string& folder) {
  const auto findings = jobs::check(folder);
  if (findings.faults.empty())
    return {false, fmt::format("{}: {}, and all is well\n", folder, findings.summary)};
  return {true, fmt::format("{}\n", fmt::join(findings.faults, "\n"))};
}

Instead made_key(const std::string& name) {
  try {
    const auto made = identity::make_key(name);
    return {false, fmt::format("{}\n{}\n", made.key, made.line)};
  } catch (const identity::BadKeys& error) {
    throw BadOptions(fmt::format("--make-key: {}", error.what()));
  }
}

// `file_name` is of --config; empty where that is not given.
Options read_layers(const FlagTable& flags, Options& options, Layer command_line, std::string file_name) {
  std::vector<Layer> layers{std::move(command_line), read_environment(flags)};
  if (file_name.empty()) file_name = variable("CRUNCHERD_CONFIG").value_or("");
  settings::Configuration file;
  if (!file_name.empty()) file = settings::read_configuration(file_name);
  layers.push_back(read_file(flags, file));

  std::set<std::string_view> given;
  for (const auto& flag : flags.all())
    for (const auto& layer : layers)
      if (const auto found = layer.find(flag.name); found != layer.end()) {
        set(flag, found->second);
        given.insert(flag.name);
        break;  // the first layer wins
      }
  if (!given.contains("spares")) options.spares = options.running;
  const CommandDefaults defaults{options.job, only_asked(options.job, given), options.environment};
  refuse_fork_by_launcher(options, options.launcher);
  if (!options.launcher.empty()) options.job = defaults.launched;
  auto& door = options.door;
  if (given.contains("max-head")) door.max_field_line = door.max_head;
  door.per_ip_on_loopback = given.contains("max-connections-per-ip");
  if (!door.per_ip_on_loopback)
    door.max_connections_per_ip = std::max<std::size_t>(1, door.max_connections / 4);
  for (const auto& section : file.tasks) {
    if (is_command(section)) {
      add_command(options.commands, read_command(section, defaults));
      continue;
    }
    auto task = read_section(section, options.job, defaults.launched);
    refuse_fork_by_launcher(options, task.surroundings.launcher);
    options.per_task[section.name] = task.limits;
    options.places[section.name] = section.place;
    if (!task.surroundings.empty()) options.apart[section.name] = std::move(task.surroundings);
  }
  for (const auto& definition : options.exec)
    add_command(options.commands, read_command(definition, defaults));
  return options;
}

}  // namespace

std::variant<Options, Instead> parse_options(int argc, char** argv) {
  Options options;
  options.running = options.spares = std::max(1u, std::thread::hardware_concurrency());
  options.cruncher = options.own_cruncher = default_cruncher();
  options.jobs_dir = state_directory();
  FlagTable flags;
  add_flags(flags, options);
  CommandLine command_line(flags);
  const auto refused = [](const char* why) {
    return Instead{true, fmt::format("cruncherd: {} (cruncherd --help lists the flags)\n", why)};
  };
  try {
    auto given = command_line.read(argc, argv);
    if (!command_line.check_jobs().empty()) return findings_in(command_line.check_jobs());
    if (!command_line.make_key().empty()) return made_key(command_line.make_key());
    return read_layers(flags, options, std::move(given), command_line.config());
  } catch (const CLI::CallForHelp&) {
    return Instead{false, command_line.app().help()};
  } catch (const CLI::CallForVersion&) {
    return Instead{false, command_line.app().version() + "\n"};
  } catch (const CLI::ParseError& error) {
    return refused(error.what());
  } catch (const BadOptions& error) {
    return refused(error.what());
  } catch (const BadCommand& error) {
    return refused(error.what());
  } catch (const settings::BadConfiguration& error) {
    return refused(error.what());
  }
}

}  // namespace server
