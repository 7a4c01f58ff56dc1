// cruncherd: flags → objects → serve → drain. The only place where objects are wired together.

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "server/front_door/listener.h"
#include "server/offload/discovery.h"
#include "server/offload/dispatcher.h"
#include "server/offload/spawner.h"
#include "server/offload/worker_threads.h"
#include "server/options.h"
#include "server/routes/application.h"
#include "server/routes/operator_routes.h"
#include "server/routes/origin_routes.h"
#include "server/routes/task_routes.h"
#include "server/service_manager.h"
#include "server/telemetry/access_log.h"
#include "server/version.h"

namespace {

constexpr int kRefused = 2;
constexpr Milliseconds kSparesPatience{2000};
constexpr Milliseconds kGlance{10};

// A start that cannot be: the sentence says what to change.
struct RefusedStart : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Descriptors 0 to 2 are always something, so that no pipe or socket ever gets one of their numbers.
void occupy_standard_descriptors() {
  for (int fd = ::open("/dev/null", O_RDWR); fd >= 0 && fd <= 2; fd = ::open("/dev/null", O_RDWR)) {
    if (fd == 2) return;
  }
}

void become(const std::string& user) {
  if (user.empty()) return;
  const passwd* entry = ::getpwnam(user.c_str());
  if (!entry) throw RefusedStart(fmt::format("--user '{}': there is no such user", user));
  if (::initgroups(user.c_str(), entry->pw_gid) != 0 || ::setgid(entry->pw_gid) != 0 ||
      ::setuid(entry->pw_uid) != 0)
    throw RefusedStart(
        fmt::format("--user '{}': {} (only root can become somebody else)", user, std::strerror(errno)));
}

std::vector<front_door::Endpoint> open_endpoints(const Options& options) {
  auto endpoints = front_door::inherited_sockets();
  if (!endpoints.empty()) return endpoints;
  if (options.unix_socket.empty())
    return front_door::listen_tcp(options.host, options.port, options.reuse_port);
  endpoints.push_back(front_door::listen_unix(options.unix_socket, options.unix_socket_mode));
  return endpoints;
}

bool blocking_allowed(const Options& options, const std::vector<front_door::Endpoint>& endpoints) {
  if (options.blocking_route != Options::BlockingRoute::automatic)
    return options.blocking_route == Options::BlockingRoute::on;
  return std::all_of(endpoints.begin(), endpoints.end(),
                     [](const auto& endpoint) { return endpoint.loopback; });
}

// The ceiling of what a process may use before it has a job: whatever the most generous task has.
offload::JobLimits ceiling(const Options& options) {
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

// Runs the loop until the cruncher has said what it offers.
ipc::Json discover(Loop& loop, offload::Dispatcher& dispatcher, const Options& options) {
  if (::access(options.cruncher.c_str(), X_OK) != 0)
    throw RefusedStart(
        fmt::format("--cruncher '{}' is no program that can be started: {}. Give the path of a cruncher",
                    options.cruncher, std::strerror(errno)));
  std::variant<ipc::Json, std::string> answer;
  asio::co_spawn(loop.get_executor(), offload::discover(dispatcher, options.job),
                 [&](std::exception_ptr error, std::variant<ipc::Json, std::string> value) {
                   if (error) std::rethrow_exception(error);
                   answer = std::move(value);
                   loop.stop();
                 });
  loop.run();
  loop.restart();
  if (auto* document = std::get_if<ipc::Json>(&answer)) return std::move(*document);
  throw RefusedStart(
      fmt::format("--cruncher '{}' is no cruncher: {}. Give the path of a program that speaks the protocol "
                  "of ipc/PROTOCOL.md",
                  options.cruncher, std::get<std::string>(answer)));
}

awaitable<> sleep_for(Loop& loop, Milliseconds span) {
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, LoopExecutor> timer(loop.get_executor(), span);
  co_await timer.async_wait(use_awaitable);
}

// What serves until a signal says otherwise.
struct Server {
  Loop& loop;
  const Options& options;
  telemetry::Log& log_file;
  telemetry::AccessLog& log;
  offload::Admission& admission;
  offload::Spares& spares;
  offload::Burial& burial;
  offload::Dispatcher& dispatcher;
  front_door::Door& door;
  std::vector<std::unique_ptr<front_door::Listener>>& listeners;
  asio::signal_set signals;
  int ended_by = 0;

  awaitable<> announce() {
    const auto patience = Clock::now() + kSparesPatience;
    while (spares.ready() < spares.target() && Clock::now() < patience) co_await sleep_for(loop, kGlance);
    for (const auto& listener : listeners)
      log.say(spdlog::level::info, "listening on " + listener->endpoint().name);
    notify_service_manager("READY=1");
  }

  void await_signal() {
    signals.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      if (signal == SIGHUP) {
        log_file.reopen();
      } else if (door.draining) {
        end_now(signal);
        return;
      } else {
        asio::co_spawn(loop.get_executor(), drain(signal), asio::detached);
      }
      await_signal();
    });
  }

  awaitable<> drain(int signal) {
    log.say(spdlog::level::info,
            fmt::format("{}: no new connections; {} jobs run, {} wait", offload::signal_name(signal),
                        admission.running(), admission.waiting()));
    notify_service_manager("STOPPING=1");
    for (auto& listener : listeners) listener->close();
    admission.close();
    door.drain();
    spares.drain();
    const auto patience = Clock::now() + options.drain_timeout;
    while (door.counts.open > 0 || burial.under_way() > 0) {
      if (Clock::now() >= patience) {
        log.say(spdlog::level::warn,
                fmt::format("--drain-timeout: {} connections are cut off", door.counts.open));
        end_now(0);
        co_return;
      }
      co_await sleep_for(loop, kGlance);
    }
    log.say(spdlog::level::info, "all is answered");
    loop.stop();
  }

  // Everything that still runs dies with its whole group; the kernel's death signal takes the rest.
  void end_now(int signal) {
    for (const auto& job : dispatcher.live())
      if (job.pid > 0) ::kill(-job.pid, SIGKILL);
    ended_by = signal ? 128 + signal : 1;
    loop.stop();
  }
};

int serve(const Options& options) {
  ::signal(SIGPIPE, SIG_IGN);
  // Crunchers may run as the same user: without this they could read the server's memory (ptrace(2),
  // proc(5)).
  auto endpoints = open_endpoints(options);
  become(options.user);
  ::prctl(PR_SET_DUMPABLE, 0);

  Loop loop(1);
  telemetry::Log log_file(options.log_file, options.log_level);
  telemetry::AccessLog log(
      log_file,
      options.log_format == "json" ? telemetry::AccessLog::Format::json : telemetry::AccessLog::Format::text,
      options.log_replies);
  asio::thread_pool json_pool(1);
  offload::Spawner spawner(
      loop, {options.cruncher, offload::allowed_environment(), ceiling(options), options.priority});
  offload::Burial burial(loop, options.kill_grace);
  offload::Admission admission(loop, options.running, options.waiting, options.wait_timeout);
  offload::Spares spares(loop, spawner, burial, json_pool, options.spares);
  offload::Dispatcher dispatcher(loop, admission, spares, burial);
  offload::WorkerThreads threads(loop, admission);

  const auto document = discover(loop, dispatcher, options);
  std::optional<routes::Catalogue> catalogue;
  try {
    catalogue.emplace(document, options.job, options.per_task);
  } catch (const std::invalid_argument& error) {
    throw RefusedStart(fmt::format("--cruncher '{}': {}", options.cruncher, error.what()));
  }

  routes::Router router;
  std::vector<telemetry::Observer*> observers{&log};
  routes::Application application(router, dispatcher, threads, json_pool, observers);
  front_door::Door door(loop, options.door, application);
  telemetry::Metrics metrics(dispatcher, door);
  telemetry::Status status(dispatcher, door);
  observers.insert(observers.end(), {&metrics, &status});
  spares.on_start([&metrics](double seconds) { metrics.on_spawn(seconds); });
  routes::add_origin_routes(router, *catalogue, dispatcher, blocking_allowed(options, endpoints));
  routes::add_task_routes(router, *catalogue, dispatcher);
  routes::add_operator_routes(router, *catalogue, dispatcher, metrics, status);
  spares.start();
  std::vector<std::unique_ptr<front_door::Listener>> listeners;
  for (auto& endpoint : endpoints)
    listeners.push_back(std::make_unique<front_door::Listener>(door, std::move(endpoint)));
  door.on_room = [&listeners] {
    for (auto& listener : listeners) listener->resume();
  };

  Server server{loop,
                options,
                log_file,
                log,
                admission,
                spares,
                burial,
                dispatcher,
                door,
                listeners,
                asio::signal_set(loop, SIGTERM, SIGINT, SIGHUP)};
  server.await_signal();
  asio::co_spawn(loop.get_executor(), server.announce(), asio::detached);
  loop.run();
  door.on_room = nullptr;
  return server.ended_by;
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = parse_options(argc, argv);
  if (const auto* instead = std::get_if<Instead>(&parsed)) {
    std::fputs(instead->text.c_str(), instead->is_error ? stderr : stdout);
    return instead->is_error ? kRefused : 0;
  }
  occupy_standard_descriptors();
  try {
    return serve(std::get<Options>(parsed));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cruncherd: %s\n", error.what());
    return kRefused;
  }
}
