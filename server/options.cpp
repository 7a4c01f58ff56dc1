#include "server/options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <thread>

#include "server/version.h"

namespace server {

namespace {

using Units = std::vector<std::pair<std::string_view, std::uint64_t>>;
const Units kDurations{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
const Units kSizes{{"B", 1}, {"KiB", 1ull << 10}, {"MiB", 1ull << 20}, {"GiB", 1ull << 30}};

std::string with_unit(std::uint64_t value, const Units& units) {
  for (auto unit = units.rbegin(); unit != units.rend(); ++unit)
    if (value % unit->second == 0 && (value || unit->second == 1))
      return fmt::format("{}{}", value / unit->second, unit->first);
  return std::to_string(value);
}

// "1500ms", "512MiB"; a bare 0 needs no unit. Throws CLI::ValidationError with the bounds.
std::uint64_t parse_quantity(const std::string& text, const Units& units, std::uint64_t least,
                             std::uint64_t most) {
  std::uint64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const auto& known) { return known.first == suffix; });
  const bool bare_zero = error == std::errc() && number == 0 && suffix.empty();
  if (error != std::errc() || (unit == units.end() && !bare_zero)) {
    std::string names;
    for (const auto& known : units) names += fmt::format("{}{}", names.empty() ? "" : ", ", known.first);
    throw CLI::ValidationError(fmt::format("'{}' must be a whole number with a unit: {}", text, names));
  }
  const auto factor = bare_zero ? 1 : unit->second;
  if (number > most / factor || number * factor < least)
    throw CLI::ValidationError(
        fmt::format("'{}' must be from {} to {}", text, with_unit(least, units), with_unit(most, units)));
  return number * factor;
}

// Flags of one kind, added in one line each: the flag, where it goes, its bounds, what it is for.
class Flags {
 public:
  explicit Flags(CLI::App& app) : app_(app) {}

  void duration(const std::string& name, Milliseconds& to, const std::string& least, const std::string& most,
                const std::string& help) {
    const auto low = parse_quantity(least, kDurations, 0, UINT64_MAX),
               high = parse_quantity(most, kDurations, 0, UINT64_MAX);
    add(name, help, with_unit(static_cast<std::uint64_t>(to.count()), kDurations), "DURATION",
        [&to, low, high](const std::string& text) {
          to = Milliseconds(parse_quantity(text, kDurations, low, high));
        });
  }
  template <typename Size>
  void size(const std::string& name, Size& to, const std::string& least, const std::string& most,
            const std::string& help) {
    const auto low = parse_quantity(least, kSizes, 0, UINT64_MAX),
               high = parse_quantity(most, kSizes, 0, UINT64_MAX);
    add(name, help, with_unit(to, kSizes), "SIZE", [&to, low, high](const std::string& text) {
      to = static_cast<Size>(parse_quantity(text, kSizes, low, high));
    });
  }
  template <typename Number>
  void count(const std::string& name, Number& to, std::uint64_t least, std::uint64_t most,
             const std::string& help) {
    add(name, help, std::to_string(to), "N", [&to, least, most](const std::string& text) {
      std::uint64_t value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
        throw CLI::ValidationError(
            fmt::format("'{}' must be a whole number from {} to {}", text, least, most));
      to = static_cast<Number>(value);
    });
  }
  template <typename Value>
  void choice(const std::string& name, Value& to, const std::vector<std::pair<std::string, Value>>& choices,
              const std::string& shown, const std::string& help) {
    std::string names;
    for (const auto& choice : choices) names += (names.empty() ? "" : "|") + choice.first;
    add(name, help, shown, names, [&to, choices, names](const std::string& text) {
      for (const auto& [word, value] : choices)
        if (word == text) {
          to = value;
          return;
        }
      throw CLI::ValidationError(fmt::format("'{}' must be one of {}", text, names));
    });
  }
  void mode(const std::string& name, unsigned& to, const std::string& help) {
    add(name, help, fmt::format("{:04o}", to), "OCTAL", [&to](const std::string& text) {
      unsigned value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
      if (error != std::errc() || end != text.data() + text.size() || value > 0777)
        throw CLI::ValidationError(fmt::format("'{}' must be octal, from 0 to 0777", text));
      to = value;
    });
  }
  void text(const std::string& name, std::string& to, const std::string& type, const std::string& help) {
    add(name, help, to, type, [&to](const std::string& text) { to = text; });
  }
  void flag(const std::string& name, bool& to, const std::string& help) {
    app_.add_flag(fmt::format("--{}", name), to, help)->envname(variable(name))->group(group_);
  }
  void group(const std::string& name) { group_ = name; }

 private:
  static std::string variable(std::string name) {
    for (auto& c : name) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return fmt::format("CRUNCHERD_{}", name);
  }
  void add(const std::string& name, const std::string& help, const std::string& shown,
           const std::string& type, std::function<void(const std::string&)> take) {
    // The name stands in the sentence whether the value came from the command line, the environment or the
    // file.
    app_.add_option_function<std::string>(
            fmt::format("--{}", name),
            [name, take = std::move(take)](const std::string& text) {
              try {
                take(text);
              } catch (const CLI::ValidationError& error) {
                throw CLI::ValidationError(fmt::format("--{}", name), error.what());
              }
            },
            help)
        ->envname(variable(name))
        ->default_str(shown)
        ->type_name(type)
        ->group(group_);
  }

  CLI::App& app_;
  std::string group_;
};

void add_job_flags(Flags& flags, process::JobLimits& job) {
  flags.duration("timeout", job.timeout, "1ms", "24h",
                 "deadline of a job, counted from its request's arrival");
  flags.size("memory", job.memory, "0", "1024GiB", "address space of each process of a job; 0: no limit");
  flags.duration("cpu", job.cpu, "0", "24h", "CPU time of a job, rounded up to seconds; 0: no limit");
  flags.size("max-reply", job.max_reply, "1B", "1GiB", "what a job may write to stdout");
  flags.count("open-files", job.open_files, 3, 1 << 20, "descriptors that a job may have");
  flags.size("file-size", job.file_size, "0", "1024GiB", "largest file that a job may write; 0: no limit");
}

// TOML as CLI11 reads it, less the sections [task.NAME], which are kept for later.
class ConfigFile final : public CLI::ConfigTOML {
 public:
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    auto items = CLI::ConfigTOML::from_config(input);
    std::vector<CLI::ConfigItem> ours;
    for (auto& item : items) {
      if (item.parents.empty() || item.parents.front() != "task")
        ours.push_back(std::move(item));
      else
        take(std::move(item));
    }
    return ours;
  }
  mutable std::map<std::string, std::vector<CLI::ConfigItem>> tasks;

 private:
  // Behind the keys of a section stands an item "--", so an empty one is known, too; [task] has one behind
  // its tasks' sections.
  void take(CLI::ConfigItem item) const {
    if (item.name == "++") return;
    const bool is_end = item.name == "--";
    const auto depth = item.parents.size();
    if (depth > 2 || (depth < 2 && !is_end))
      throw CLI::ValidationError(fmt::format("[{}]{}", CLI::detail::join(item.parents, "."),
                                             is_end ? "" : fmt::format(" {}", item.name)),
                                 "the limits of a task stand in [task.NAME]");
    if (depth < 2) return;
    auto& items = tasks[item.parents[1]];
    if (!is_end) items.push_back(std::move(item));
  }
};

// A task's section takes the job flags, over what holds for all.
process::JobLimits read_section(const std::string& task, const std::vector<CLI::ConfigItem>& items,
                                process::JobLimits limits) {
  CLI::App section;
  section.set_help_flag();
  Flags flags(section);
  add_job_flags(flags, limits);
  std::vector<std::string> arguments;
  for (const auto& item : items)
    arguments.push_back(fmt::format("--{}={}", item.name, item.inputs.empty() ? "" : item.inputs.front()));
  try {
    section.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    throw CLI::ValidationError(fmt::format("[task.{}]", task), error.what());
  }
  return limits;
}

// Beside this program where it is installed; in a build tree, in the folder of its own.
std::string default_cruncher() {
  std::error_code ignored;
  const auto here = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  const auto in_tree = here.parent_path() / "cruncher" / "cruncher";
  return std::filesystem::exists(here / "cruncher", ignored) || !std::filesystem::exists(in_tree, ignored)
             ? here / "cruncher"
             : in_tree;
}

void add_all(Flags& flags, Options& o) {
  using process::Priority;
  using process::Start;
  flags.group("Where it listens");
  flags.text("host", o.host, "ADDRESS", "name or address; IPv6 without brackets");
  flags.count("port", o.port, 0, 65535, "TCP port; 0 picks a free one and logs it");
  flags.text("unix-socket", o.unix_socket, "PATH", "listen on a Unix socket instead of host and port");
  flags.mode("unix-socket-mode", o.unix_socket_mode, "permission bits of that socket, in octal");
  flags.flag("reuse-port", o.reuse_port, "share the port with other servers that do the same (SO_REUSEPORT)");
  flags.text("user", o.user, "NAME", "become this user once the sockets are open (needs root)");
  flags.group("Jobs");
  flags.text("cruncher", o.cruncher, "PATH", "the program that runs the jobs");
  flags.count("running", o.running, 1, 4096, "slots: jobs that run at once (default: the cores)");
  flags.count("waiting", o.waiting, 0, 100'000, "jobs that may queue for a slot");
  flags.duration("wait-timeout", o.wait_timeout, "0", "1h", "longest wait for a slot");
  flags.count("spares", o.spares, 0, 4096, "crunchers started in advance (default: --running)");
  flags.duration("kill-grace", o.kill_grace, "0", "1m", "from SIGTERM to SIGKILL");
  flags.choice<Priority>("priority", o.priority,
                         {{"idle", Priority::idle}, {"low", Priority::low}, {"normal", Priority::normal}},
                         "idle",
                         "scheduling of crunchers: SCHED_IDLE, nice 19 with SCHED_BATCH, or the usual class");
  flags.choice<Start>(
      "start", o.start, {{"exec", Start::exec}, {"fork", Start::fork}}, "exec",
      "how a job's process comes to be: the cruncher executed, or one that runs already forked");
  flags.group("Limits of one job (also in [task.NAME] of the configuration)");
  add_job_flags(flags, o.job);
  flags.group("Limits of clients");
  flags.size("max-body", o.door.max_body, "0", "1GiB", "content of a request");
  flags.size("max-head", o.door.max_head, "1KiB", "1MiB", "request line and fields together");
  flags.count("max-connections", o.door.max_connections, 1, 1'000'000,
              "connections at once; others wait in the backlog");
  flags.count("max-connections-per-ip", o.door.max_connections_per_ip, 0, 1'000'000,
              "connections of one address; 0: no such limit");
  flags.size("max-buffered", o.door.max_buffered, "1MiB", "1024GiB",
             "requests and responses in memory, of all connections together");
  flags.duration("header-timeout", o.door.header_timeout, "1ms", "1h",
                 "from a request's first byte to the end of its head");
  flags.duration("body-timeout", o.door.body_timeout, "1ms", "1h", "from there to the end of its content");
  flags.duration("idle-timeout", o.door.idle_timeout, "1ms", "24h", "between two requests");
  flags.duration("write-timeout", o.door.write_timeout, "1ms", "1h",
                 "without progress in sending a response");
  flags.group("Running it");
  flags.choice<Options::BlockingRoute>("blocking-route", o.blocking_route,
                                       {{"auto", Options::BlockingRoute::automatic},
                                        {"on", Options::BlockingRoute::on},
                                        {"off", Options::BlockingRoute::off}},
                                       "auto",
                                       "/blocking, which freezes the server; auto: on loopback TCP only");
  flags.choice<Options::LoopPriority>(
      "loop-priority", o.loop_priority,
      {{"realtime", Options::LoopPriority::realtime}, {"normal", Options::LoopPriority::normal}}, "realtime",
      "of the event loop; realtime: before all that computes (SCHED_RR; nice -10 while busy), where "
      "permitted");
  flags.duration("drain-timeout", o.drain_timeout, "0", "24h",
                 "after SIGTERM or SIGINT, until what still runs is ended");
  flags.text("log-file", o.log_file, "PATH", "- is stdout; reopened at SIGHUP");
  flags.choice<std::string>("log-format", o.log_format, {{"text", "text"}, {"json", "json"}}, "text",
                            "form of a log line");
  flags.choice<std::string>("log-level", o.log_level,
                            {{"debug", "debug"}, {"info", "info"}, {"warn", "warn"}, {"error", "error"}},
                            "info", "requests are logged at info");
  flags.flag("log-replies", o.log_replies, "log each path with the JSON that it returned, cut at 1 KiB");
}

// The environment as arguments, for the flags that the command line does not have: CLI11 itself would let the
// file win over it.
std::vector<std::string> arguments_of(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto given = arguments;
  for (const auto* option : app.get_options()) {
    const auto& variable = option->get_envname();
    const auto* value = variable.empty() ? nullptr : std::getenv(variable.c_str());
    if (!value) continue;
    const auto name = option->get_name();
    const bool is_given = std::any_of(given.begin(), given.end(), [&](const std::string& argument) {
      return argument == name || argument.rfind(fmt::format("{}=", name), 0) == 0;
    });
    if (!is_given) arguments.push_back(fmt::format("{}={}", name, value));
  }
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  return arguments;
}

}  // namespace

std::variant<Options, Instead> parse_options(int argc, char** argv) {
  Options options;
  options.running = options.spares = std::max(1u, std::thread::hardware_concurrency());
  options.cruncher = default_cruncher();

  CLI::App app("Answers light routes on one event loop and runs every heavy request in a process of its own.",
               "cruncherd");
  app.set_version_flag("--version", fmt::format("cruncherd {}", kVersion));
  const auto file = std::make_shared<ConfigFile>();
  app.config_formatter(file);
  app.set_config(
         "--config", "",
         "configuration: `key = value` lines, keys are flags without dashes; [task.NAME] for one task")
      ->envname("CRUNCHERD_CONFIG")
      ->type_name("FILE");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.footer(
      "Durations take ms, s, m, h; sizes take B, KiB, MiB, GiB. Each flag is also an environment variable:\n"
      "--max-body is CRUNCHERD_MAX_BODY. The command line wins over the environment, that over the file.");
  app.get_formatter()->column_width(40);
  Flags flags(app);
  add_all(flags, options);
  try {
    auto arguments = arguments_of(app, argc, argv);
    app.parse(arguments);
    if (app.count("--spares") == 0) options.spares = options.running;
    for (const auto& [task, items] : file->tasks)
      options.per_task[task] = read_section(task, items, options.job);
  } catch (const CLI::CallForHelp&) {
    return Instead{false, app.help()};
  } catch (const CLI::CallForVersion&) {
    return Instead{false, app.version() + "\n"};
  } catch (const CLI::ParseError& error) {
    return Instead{true, fmt::format("cruncherd: {} (cruncherd --help lists the flags)\n", error.what())};
  }
  return options;
}

}  // namespace server
