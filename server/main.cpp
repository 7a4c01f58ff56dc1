// cruncherd: flags → objects → serve → drain. The only place where objects are wired together.

#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "ipc/growth.h"
#include "server/comparison/worker_threads.h"
#include "server/crews_apart.h"
#include "server/lifecycle.h"
#include "server/loop/real_time_loop.h"
#include "server/process/log_lines.h"
#include "server/renewal.h"
#include "server/routes/content_reading.h"
#include "server/routes/front_pages.h"
#include "server/routes/job_routes.h"
#include "server/routes/operator_routes.h"
#include "server/routes/origin_routes.h"
#include "server/routes/task_routes.h"
#include "server/signals.h"
#include "server/site.h"
#include "server/startup.h"
#include "server/stored_jobs.h"
#include "server/users.h"

namespace server {
namespace {

constexpr int kRefused = 2;
constexpr std::size_t kOperators = 64;   // connections
constexpr Milliseconds kLastWait{1000};  // for processes to die

routes::Catalogue read_catalogue(const ipc::Json& document, const Options& options) {
  try {
    return routes::Catalogue(document, options.job, options.per_task);
  } catch (const std::invalid_argument& error) {
    throw RefusedStart("--cruncher '" + options.cruncher + "': " + error.what());
  }
}

// Beside those of clients.
rlim_t descriptors_of_others(const Options& options) {
  constexpr rlim_t kFew = 64, kPerProcess = 5, kPipes = 3;  // a job's, closed when its slot is free again
  auto spares = options.spares;
  for (const auto& command : options.commands) spares += command.spares;
  return kFew + kOperators + kPerProcess * (options.running + spares) + kPipes * options.running;
}

void add_commands(routes::Catalogue& catalogue, const std::vector<process::Command>& commands) try {
  for (const auto& command : commands) catalogue.add(command);
} catch (const std::invalid_argument& error) {
  throw RefusedStart(error.what());
}

// The soft limit is for programs that use select(2); a process and a client need some descriptors each. Their
// table gets its room before there is a second thread: afterwards each of its growths would wait for all
// processors (expand_fdtable in the kernel), and the loop with it, for 10 ms or more.
void allow_many_descriptors(const Options& options) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t most = descriptors_of_others(options) + options.door.max_connections;
  ::close(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, static_cast<int>(std::min(most, limit.rlim_cur) - 1)));
}

// No more connections than leave operators the descriptors for theirs.
front_door::Limits limits_beside_operators(const Options& options) {
  constexpr rlim_t kAtLeast = 16;
  auto limits = options.door;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return limits;
  const auto others = std::min(limit.rlim_cur, descriptors_of_others(options));
  limits.max_connections =
      std::min<rlim_t>(limits.max_connections, std::max(limit.rlim_cur - others, kAtLeast));
  return limits;
}

// Apart from everybody's, so that these find room where there is none for others.
front_door::Limits limits_of_operators(front_door::Limits limits) {
  limits.max_connections = kOperators;
  limits.max_connections_per_ip = 0;
  return limits;
}

// Large blocks are mapped, each by itself: what one thread gives back of an arena's memory takes
// milliseconds, and whoever wants a small block of that arena waits.
void keep_apart_large_blocks() {
  ::mallopt(M_MMAP_THRESHOLD, ipc::kMapped);
  ::mallopt(M_TRIM_THRESHOLD, ipc::kMapped);
}

offload::Crew::Observers crew_observers(const std::vector<telemetry::Observer*>& observers,
                                        telemetry::AccessLog& log) {
  return {[&observers](double seconds) {
            for (auto* observer : observers) observer->on_start(seconds);
          },
          [&observers](const process::Abandoned& job, const process::Usage& usage) {
            for (auto* observer : observers) observer->on_abandoned(job, usage);
          },
          [&log, lines = std::make_shared<process::LogLines>()](std::string_view words) {
            lines->add(words, [&log](const process::LogLine& line) {
              log.on_stderr_line("fork-server", line.level, line.text);
            });
          }};
}

telemetry::AccessLog::Format log_format(const Options& options) {
  using Format = telemetry::AccessLog::Format;
  return options.log_format == "json" ? Format::json : Format::text;
}

// The loop's thread gets real-time priority, unless a writer of the log falls behind it.
void step_up(std::optional<RealTimeLoop>& real_time, Loop& loop, telemetry::Log& log_file,
             telemetry::AccessLog& log) {
  real_time.emplace(loop, [&log](int error) {
    log.say(spdlog::level::info,
            std::string("--loop-priority: not realtime: ") +
                (error == EPERM ? "no right to real-time priority (CAP_SYS_NICE or RLIMIT_RTPRIO)"
                                : std::strerror(error)));
  });
  real_time->step_up();
  log_file.on_backlog([&real_time] { real_time->step_down(); });
}

[[noreturn]] void serve(const Options& options) {
  ignore_signals();
  allow_many_descriptors(options);
  keep_apart_large_blocks();
  auto endpoints = open_endpoints(options);
  auto admin_endpoints = open_admin_endpoints(options);
  const bool realtime = options.loop_priority == Options::LoopPriority::realtime;
  if (realtime) keep_right_to_real_time();
  for (const auto* sockets : {&endpoints, &admin_endpoints}) give_sockets(options, *sockets);
  become_user(options);
  // Crunchers may run as the same user: without this they could read the server's memory (ptrace(2),
  // proc(5)).
  ::prctl(PR_SET_DUMPABLE, 0);
  auto clients = read_clients(options);

  Loop loop(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO);  // its descriptors and timers are its thread's alone
  asio::signal_set signals(loop);
  listen_to_signals(signals);
  loop::ThreadPool json_pool(loop, 1);
  auto document = discover_tasks(loop, signals, json_pool, options);
  auto catalogue = read_catalogue(document, options);
  add_commands(catalogue, options.commands);
  loop::Scratch scratch(loop, options.scratch_dir, options.max_scratch);
  check_scratch(scratch, options);
  // Heavy work, too: while it takes its time, the loop must get the core that it is on. But not at idle
  // priority, since they share locks: the allocator's, the kernel's on their memory.
  for (auto* threads : {&json_pool, &scratch.threads()})
    threads->run([] { process::set_priority(process::Priority::low); });

  std::optional<telemetry::Log> log_file(std::in_place, options.log_file, options.log_level, [realtime] {
    if (realtime) set_nice_of_busy_loop();
  });
  telemetry::AccessLog log(*log_file, log_format(options), options.log_replies);

  std::vector<telemetry::Observer*> observers;
  process::Orphans orphans(loop);
  offload::Crew crew(loop, orphans, cruncher_program(options), crew_observers(observers, log));
  offload::Admission admission(loop, options.running, options.waiting, options.wait_timeout);
  offload::Dispatcher dispatcher(admission, crew, json_pool);
  CrewsApart crews_apart(
      {loop, orphans, dispatcher, json_pool, [&] { return crew_observers(observers, log); }}, options,
      scratch.folder());
  if (const auto weakness = check_confinement(options); !weakness.empty())
    log.say(spdlog::level::warn, weakness);
  comparison::WorkerThreads threads(loop, admission);

  routes::ContentReading contents(loop, options.running + options.waiting, options.wait_timeout);
  contents.thread().run([] { process::set_priority(process::Priority::low); });
  routes::Offload offload(catalogue, dispatcher, threads, json_pool, contents);
  if (auto* commands = crews_apart.commands()) offload.serve_commands(*commands);
  StoredJobs stored(loop, options, admission, offload, json_pool, clients, observers);
  const Site::Shared shared{loop, scratch, json_pool, clients, observers, options.allowed_hosts};
  Site site(shared, std::move(endpoints),
            admin_endpoints.empty() ? options.door : limits_beside_operators(options));
  std::optional<Site> admin_site;
  if (!admin_endpoints.empty())
    admin_site.emplace(shared, std::move(admin_endpoints), limits_of_operators(options.door));
  telemetry::Metrics metrics(dispatcher, site.door(), *log_file);
  for (const auto& [name, task] : catalogue.tasks()) metrics.expect_task(name);
  telemetry::Status status(dispatcher, site.door());
  if (auto* store = stored.store()) {
    metrics.show(*store);
    status.show(*store);
  }
  observers = {&log, &metrics, &status};
  status.begin(loop);

  crew.refill();
  crews_apart.refill();
  stored.begin();
  const auto table = [&](bool for_operators) {
    std::vector<routes::Table> parts{routes::origin_routes(offload, options.blocking_route),
                                     routes::task_routes(offload, stored.for_routes(for_operators), loop),
                                     routes::job_routes(stored.for_routes(for_operators), loop),
                                     routes::probe_routes(dispatcher)};
    if (for_operators || !admin_site)
      parts.push_back(routes::operator_routes(metrics, status, for_operators));
    return routes::with_front_pages(std::move(parts), catalogue);
  };
  site.open(table(false));
  if (admin_site) admin_site->open(table(true));

  std::optional<RealTimeLoop> real_time;
  if (realtime) step_up(real_time, loop, *log_file, log);
  const auto say = [&log](bool good, const std::string& sentence) {
    log.say(good ? spdlog::level::info : spdlog::level::warn, sentence);
  };
  Renewal renewal({loop, orphans, json_pool, options, dispatcher, say}, std::move(document));
  const auto reload = [&] {
    clients.reread(json_pool, say);
    renewal.begin();
  };
  if (!stored.fault().empty())
    log.say(spdlog::level::err, "--jobs-dir: nothing can be stored: " + stored.fault());
  if (!clients.warning().empty()) log.say(spdlog::level::warn, clients.warning());
  Lifecycle lifecycle({loop, signals, options, *log_file, log, admission, dispatcher, site,
                       admin_site ? &*admin_site : nullptr, stored, reload});
  const int exit_code = lifecycle.run();
  stored.finish();
  // Coroutines may still hold connections and processes, whose owners would be gone before the loop destroys
  // them. All that they hold is the kernel's to take back, but for processes; and the log has something left
  // to write.
  // What is on other machines has to be told by its launcher.
  if (const auto patience = dispatcher.patience_with_launchers(); patience.count() > 0)
    orphans.ask_all_to_end(patience);
  if (const auto left = orphans.end_all(kLastWait))
    log.say(spdlog::level::warn, std::to_string(left) + " processes have not ended yet");
  crews_apart.remove_folders();
  log_file.reset();
  ::_exit(exit_code);
}

// The exit code: of the server, or of what it does instead.
int run(int argc, char** argv) {
  const auto parsed = parse_options(argc, argv);
  if (const auto* instead = std::get_if<Instead>(&parsed)) {
    std::fputs(instead->text.c_str(), instead->is_error ? stderr : stdout);
    return instead->is_error ? kRefused : 0;
  }
  occupy_standard_descriptors();
  try {
    serve(std::get<Options>(parsed));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cruncherd: %s\n", error.what());
    return kRefused;
  }
}

}  // namespace
}  // namespace server

int main(int argc, char** argv) {
  return server::run(argc, argv);
}
