#include "server/startup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <cstring>

#include "server/offload/discovery.h"
#include "server/offload/dispatcher.h"
#include "server/process/launch.h"

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

bool only_on_loopback(const std::vector<front_door::Endpoint>& endpoints) {
  return std::all_of(endpoints.begin(), endpoints.end(),
                     [](const auto& endpoint) { return endpoint.loopback; });
}

void become_user(const Options& options) {
  const auto& user = options.user;
  if (user.empty()) return;
  const passwd* entry = ::getpwnam(user.c_str());
  if (!entry) throw RefusedStart(fmt::format("--user '{}': there is no such user", user));
  if (::initgroups(user.c_str(), entry->pw_gid) != 0 || ::setgid(entry->pw_gid) != 0 ||
      ::setuid(entry->pw_uid) != 0)
    throw RefusedStart(
        fmt::format("--user '{}': {} (only root can become somebody else)", user, std::strerror(errno)));
}

namespace {

process::JobLimits ceiling(const Options& options) {
  auto limits = options.job;
  const auto raise = []<typename Limit>(Limit& to, const Limit& value) {
    constexpr Limit kNone{};
    to = to == kNone || value == kNone ? kNone : std::max(to, value);
  };
  for (const auto& [name, own] : options.per_task) {
    raise(limits.memory, own.memory);
    raise(limits.cpu, own.cpu);
    raise(limits.open_files, own.open_files);
    raise(limits.file_size, own.file_size);
  }
  return limits;
}

}  // namespace

process::Program cruncher_program(const Options& options) {
  process::Program program;
  program.argv = {options.cruncher};
  program.environment = process::allowed_environment();
  program.limits = ceiling(options);
  program.priority = options.priority;
  program.ignored = process::ignored_signals();
  program.start = options.start;
  program.end.grace = options.kill_grace;
  program.spares = options.spares;
  return program;
}

ipc::Json discover_tasks(Loop& loop, loop::ThreadPool& json_pool, const Options& options) {
  const auto refuse = [&](const std::string& why) -> RefusedStart {
    return RefusedStart(fmt::format(
        "--cruncher '{}' is no cruncher: {}. Give the path of a program that speaks the protocol of "
        "ipc/PROTOCOL.md{}",
        options.cruncher, why,
        options.start == process::Start::fork ? ", its part on --start fork included" : ""));
  };
  if (::access(options.cruncher.c_str(), X_OK) != 0) throw refuse(std::strerror(errno));
  // A way of its own, at normal priority: a busy machine may delay jobs, but it must not keep the server from
  // starting.
  auto program = cruncher_program(options);
  program.priority = process::Priority::normal;
  program.spares = 0;
  process::Orphans orphans(loop);
  offload::Crew crew(loop, orphans, std::move(program), {}, 1);
  offload::Admission admission(loop, 1, 0, Milliseconds{0});
  offload::Dispatcher dispatcher(admission, crew, json_pool);

  std::variant<ipc::Json, std::string> answer;
  asio::co_spawn(loop.get_executor(), offload::discover(dispatcher, options.job),
                 [&](std::exception_ptr error, std::variant<ipc::Json, std::string> value) {
                   if (error) std::rethrow_exception(error);
                   answer = std::move(value);
                 });
  loop.run();  // until the cruncher is gone, too
  loop.restart();
  if (auto* why = std::get_if<std::string>(&answer)) throw refuse(*why);
  return std::move(std::get<ipc::Json>(answer));
}

}  // namespace server
