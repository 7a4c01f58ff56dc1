#include "server/startup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <cstring>
#include <filesystem>

#include "server/offload/discovery.h"
#include "server/offload/dispatcher.h"
#include "server/process/argument.h"
#include "server/process/environment.h"
#include "server/process/find_program.h"
#include "server/process/launch.h"
#include "server/signals.h"
#include "server/users.h"

namespace server {

void occupy_standard_descriptors() {
  int fd = ::open("/dev/null", O_RDWR);
  while (fd >= 0 && fd < 2) fd = ::open("/dev/null", O_RDWR);
  if (fd > 2) ::close(fd);
}

std::vector<front_door::Endpoint> open_endpoints(const Options& options) {
  auto endpoints = front_door::inherited_sockets();
  if (!endpoints.empty()) return endpoints;
  if (options.unix_socket.empty())
    return front_door::listen_tcp(options.host, options.port, options.reuse_port);
  endpoints.push_back(front_door::listen_unix(options.unix_socket, options.unix_socket_mode));
  return endpoints;
}

std::vector<front_door::Endpoint> open_admin_endpoints(const Options& options) {
  constexpr unsigned kOwnerAndGroup = 0660;
  std::vector<front_door::Endpoint> endpoints;
  if (options.admin_port)
    endpoints = front_door::listen_tcp(options.admin_host, *options.admin_port, false, "--admin-");
  if (!options.admin_socket.empty())
    endpoints.push_back(front_door::listen_unix(options.admin_socket, kOwnerAndGroup, "--admin-socket"));
  return endpoints;
}

// A default that cannot be used costs long contents alone, which are told so.
void check_scratch(const loop::Scratch& scratch, const Options& options) {
  if (options.scratch_dir.empty() || scratch.open()) return;
  throw RefusedStart(fmt::format("--scratch-dir '{}': no file can be made there: {}", options.scratch_dir,
                                 std::strerror(errno)));
}

identity::Clients read_clients(const Options& options) {
  try {
    return {{options.client_header, identity::Networks(options.trusted_proxies)}, options.api_keys};
  } catch (const identity::BadNetwork& error) {
    throw RefusedStart(fmt::format("--trusted-proxy: {}", error.what()));
  } catch (const identity::BadKeys& error) {
    throw RefusedStart(fmt::format("--api-keys: {}", error.what()));
  }
}

namespace {

process::JobLimits ceiling(const Options& options) {
  auto limits = options.job;
  const auto raise = []<typename Limit>(Limit& to, const Limit& value) {
    constexpr Limit kNone{};
    to = to == kNone || value == kNone ? kNone : std::max(to, value);
  };
  for (const auto& [name, own] : options.per_task) {
    if (options.apart.contains(name)) continue;
    raise(limits.memory, own.memory);
    raise(limits.address_space, own.address_space);
    raise(limits.cpu, own.cpu);
    raise(limits.open_files, own.open_files);
    raise(limits.file_size, own.file_size);
  }
  return limits;
}

}  // namespace

bool wants_processes_to_stay(const Options& options) {
  const auto several = [](const process::JobLimits& limits) { return limits.jobs_per_process != 1; };
  return several(options.job) || std::any_of(options.per_task.begin(), options.per_task.end(),
                                             [&](const auto& task) { return several(task.second); });
}

namespace {

// It has somebody else to tell of the end, on another machine perhaps, and is killed as a last resort only.
void end_by_launcher(process::Program& program, const Options& options) {
  constexpr Milliseconds kPatience{10000};
  program.by_launcher = true;
  program.end.grace = std::max(options.kill_grace, kPatience);
  program.end.exit_grace = kPatience;
}

// `place` says where the launcher was given.
void put_in_front(process::Program& program, const std::string& launcher, const std::string& place) {
  auto split = process::split_words(launcher);
  if (const auto* why = std::get_if<std::string_view>(&split))
    throw RefusedStart(fmt::format("{} '{}': {}", place, launcher, *why));
  auto& words = std::get<std::vector<std::string>>(split);
  if (words.empty()) throw RefusedStart(place + ": no program is named");
  words[0] = process::find_program(words[0]);
  program.argv.insert(program.argv.begin(), words.begin(), words.end());
  if (::access(program.path().c_str(), X_OK) != 0)
    throw RefusedStart(fmt::format("{} '{}': {}", place, program.path(), std::strerror(errno)));
}

process::Program cruncher_program(const Options& options, const OwnSurroundings& own,
                                  const process::JobLimits& limits, const std::string& task = {}) {
  process::Program program;
  program.argv = {process::find_program(options.cruncher)};
  const auto& launcher = own.launcher.empty() ? options.launcher : own.launcher;
  program.user = job_user(options);
  program.environment = process::allowed_environment();
  if (const auto home = home_of_jobs(options); !home.empty())
    process::set_variable(program.environment, "HOME=" + home);
  for (const auto* variables : {&options.environment, &own.environment})
    for (const auto& variable : *variables) process::set_variable(program.environment, variable);
  program.directory = options.workdir;
  // It is executed from there.
  if (!options.workdir.empty() || !launcher.empty())
    program.argv[0] = std::filesystem::absolute(program.argv[0]);
  program.limits = limits;
  program.foreign = !has_own_cruncher(options);
  program.priority = options.priority;
  program.ignored = process::ignored_signals();
  program.start = options.start;
  program.end.grace = options.kill_grace;
  program.spares = own.empty() ? options.spares : 0;
  program.stay = options.stay;
  program.stay.allowed = wants_processes_to_stay(options);
  program.stay.most = options.running + options.spares;
  if (launcher.empty()) return program;
  put_in_front(program, launcher,
               own.launcher.empty() ? "--launcher" : fmt::format("[task.{}]: launcher", task));
  end_by_launcher(program, options);
  return program;
}

}  // namespace

process::Program cruncher_program(const Options& options) {
  return cruncher_program(options, {}, ceiling(options));
}

process::Program cruncher_program(const Options& options, const std::string& task) {
  return cruncher_program(options, options.apart.at(task), options.per_task.at(task), task);
}

// At normal priority: a busy machine may delay jobs, but it must not keep the server from starting.
process::Program program_for_discovery(const Options& options) {
  auto program = cruncher_program(options);
  program.priority = process::Priority::normal;
  program.spares = 0;
  program.stay.allowed = false;
  return program;
}

bool has_launched_commands(const Options& options) {
  return std::any_of(options.commands.begin(), options.commands.end(),
                     [](const process::Command& command) { return !command.launcher.empty(); });
}

process::Program command_program(const Options& options, bool by_launcher) {
  process::Program program;
  program.priority = options.priority;
  program.ignored = process::ignored_signals();
  program.end.grace = options.kill_grace;
  program.user = job_user(options);
  // A job that writes outside of its folder could put the name of any other file in a program's place.
  const bool any_writes = std::any_of(options.commands.begin(), options.commands.end(),
                                      [](const auto& command) { return !command.confinement.write.empty(); });
  for (const auto& command : options.commands) {
    auto& confined = program.confined.emplace_back(command.confinement);
    confined.memory_files = command.limits.memory == 0;
    if (any_writes)
      confined.read.push_back(command.program);
    else
      confined.program = command.program;
  }
  if (by_launcher) end_by_launcher(program, options);
  return program;
}

process::Program command_program(const Options& options, const process::Command& command) {
  auto program = command_program(options, !command.launcher.empty());
  program.argv = {command.program};
  program.spares = command.spares;
  return program;
}

std::string check_confinement(const Options& options) {
  using Mode = process::Confinement::Mode;
  constexpr int kScopes = 6;
  const int version = process::landlock_version();
  bool any = false;
  for (const auto& command : options.commands) {
    any |= command.confinement.mode != Mode::off;
    if (version == 0 && command.confinement.mode == Mode::required)
      throw RefusedStart(
          fmt::format("{}: confine = \"required\", but this kernel has no Landlock", command.place));
  }
  if (!any || version >= kScopes) return {};
  if (version == 0) return "commands are not confined: this kernel has no Landlock";
  return fmt::format("commands are confined in part: this kernel's Landlock is of version {}, without {}",
                     version,
                     version < 4 ? "TCP, signals and abstract sockets" : "signals and abstract sockets");
}

namespace {

// Until it is cancelled. `ended_by` is the signal that ended the start.
void stop_at_signal(Loop& loop, asio::signal_set& signals, int& ended_by) {
  signals.async_wait([&](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (is_for_log(signal)) return stop_at_signal(loop, signals, ended_by);
    ended_by = signal;
    loop.stop();
  });
}

}  // namespace

ipc::Json discover_tasks(Loop& loop, asio::signal_set& signals, loop::ThreadPool& json_pool,
                         const Options& options) {
  const auto refuse = [&](const std::string& why) -> RefusedStart {
    return RefusedStart(fmt::format(
        "--cruncher '{}' is no cruncher: {}. Give the path of a program that speaks the protocol of "
        "ipc/PROTOCOL.md{}",
        options.cruncher, why,
        options.start == process::Start::fork ? ", its part on --start fork included" : ""));
  };
  const auto program = cruncher_program(options);
  const auto& cruncher = program.argv.back();
  if (::access(cruncher.c_str(), X_OK) != 0)
    throw RefusedStart(fmt::format("--cruncher '{}': {}{}", cruncher, std::strerror(errno),
                                   errno == EACCES ? ": is it executable? (chmod +x)" : ""));
  if (const auto fault = process::fault_of_script(cruncher); !fault.empty()) throw refuse(fault);
  if (!options.workdir.empty() && ::access(options.workdir.c_str(), X_OK) != 0)
    throw RefusedStart(fmt::format("--workdir '{}': {}", options.workdir, std::strerror(errno)));
  refuse_root(options);
  process::Orphans orphans(loop);
  offload::Crew crew(loop, orphans, program_for_discovery(options), {}, 1);
  offload::Admission admission(loop, 1, 0, Milliseconds{0});
  offload::Dispatcher dispatcher(admission, crew, json_pool);

  std::variant<ipc::Json, std::string> answer;
  asio::co_spawn(loop.get_executor(), offload::discover(dispatcher, options.job, options.start_timeout),
                 [&](std::exception_ptr error, std::variant<ipc::Json, std::string> value) {
                   signals.cancel();
                   if (error) std::rethrow_exception(error);
                   answer = std::move(value);
                 });
  int ended_by = 0;
  stop_at_signal(loop, signals, ended_by);
  loop.run();           // until the cruncher is gone, too
  if (ended_by != 0) {  // not by unwinding: what is suspended in the loop needs what is here
    orphans.end_all(Milliseconds{1000});
    ::_exit(0);
  }
  loop.restart();
  if (auto* why = std::get_if<std::string>(&answer)) throw refuse(*why);
  if (wants_processes_to_stay(options) &&
      std::get<ipc::Json>(answer).value("x-jobs-per-process", ipc::Json()) != true)
    throw RefusedStart(fmt::format(
        "--jobs-per-process: --cruncher '{}' does one job per process: what it answers to rpc.discover lacks "
        "\"x-jobs-per-process\": true (ipc/PROTOCOL.md)",
        options.cruncher));
  return std::move(std::get<ipc::Json>(answer));
}

}  // namespace server
