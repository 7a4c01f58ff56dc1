// cruncherd: flags → objects → serve → drain. The only place where objects are wired together, those for
// heavy work aside (heavy_work.h).

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "server/heavy_work.h"
#include "server/lifecycle.h"
#include "server/loop/real_time_loop.h"
#include "server/own_process.h"
#include "server/renewal.h"
#include "server/routes/front_pages.h"
#include "server/routes/job_routes.h"
#include "server/routes/operator_routes.h"
#include "server/routes/origin_routes.h"
#include "server/routes/task_routes.h"
#include "server/signals.h"
#include "server/site.h"
#include "server/startup.h"

namespace server {
namespace {

constexpr int kRefused = 2;

bool wants_real_time(const Options& options) {
  return options.loop_priority == Options::LoopPriority::realtime;
}

// What the cruncher offers, and the commands.
routes::Catalogue catalogue_of(const ipc::Json& document, const Options& options) {
  const auto of_cruncher = [&] {
    try {
      return routes::Catalogue(document, options.job, options.per_task);
    } catch (const std::invalid_argument& error) {
      throw RefusedStart("--cruncher '" + options.cruncher + "': " + error.what());
    }
  };
  auto catalogue = of_cruncher();
  for (const auto& [task, place] : options.places)
    if (!catalogue.find(task))
      throw RefusedStart(
          fmt::format("{}: [task.{}]: the cruncher offers no such task; for a program of your "
                      "own write exec = \"PROGRAM\"",
                      place, task));
  try {
    for (const auto& command : options.commands) catalogue.add(command);
  } catch (const std::invalid_argument& error) {
    throw RefusedStart(error.what());
  }
  return catalogue;
}

telemetry::AccessLog::Format log_format(const Options& options) {
  using Format = telemetry::AccessLog::Format;
  return options.log_format == "json" ? Format::json : Format::text;
}

// What listens: the site of everybody, and that of operators where it is one of its own.
struct Sites {
  Sites(const Site::Shared& shared, Sockets sockets, const Options& options)
      : everybody(shared, std::move(sockets.clients),
                  sockets.operators.empty() ? options.door : limits_beside_operators(options)) {
    if (!sockets.operators.empty())
      operators.emplace(shared, std::move(sockets.operators), limits_of_operators(options.door));
  }

  Site everybody;
  std::optional<Site> operators;
};

// What tells of the server, beside its log.
struct Figures {
  telemetry::Metrics metrics;
  telemetry::Status status;

  void begin(Loop& loop, const telemetry::Sources& sources, HeavyWork& heavy,
             const routes::Catalogue& catalogue) {
    for (const auto& [name, task] : catalogue.tasks()) metrics.expect_task(name);
    if (auto* store = heavy.stored().store()) metrics.show(*store);
    status.begin(loop, sources);
  }
};

void open(Sites& sites, HeavyWork& heavy, Figures& figures, const telemetry::Sources& sources,
          const routes::Catalogue& catalogue, Loop& loop, const Options& options) {
  const auto table = [&](bool for_operators) {
    const auto stored = heavy.stored().for_routes(for_operators);
    std::vector<routes::Table> parts{routes::origin_routes(heavy.for_routes(), options.blocking_route),
                                     routes::task_routes(heavy.for_routes(), stored, loop),
                                     routes::job_routes(stored, loop),
                                     routes::probe_routes(heavy.dispatcher())};
    if (for_operators || !sites.operators)
      parts.push_back(routes::operator_routes(figures.metrics, figures.status, sources, for_operators));
    return routes::with_front_pages(std::move(parts), catalogue);
  };
  sites.everybody.open(table(false));
  if (sites.operators) sites.operators->open(table(true));
}

// The loop's thread gets real-time priority, unless a writer of the log falls behind it.
void step_up(std::optional<RealTimeLoop>& real_time, Loop& loop, telemetry::Log& log_file,
             telemetry::AccessLog& log) {
  real_time.emplace(loop, [&log](int error) {
    log.say(spdlog::level::info,
            std::string("--loop-priority: the usual, so light requests may wait for jobs: ") +
                (error == EPERM ? "no right to real-time priority (CAP_SYS_NICE or RLIMIT_RTPRIO)"
                                : std::strerror(error)));
  });
  real_time->step_up();
  log_file.on_backlog([&real_time] { real_time->step_down(); });
}

void say_what_is_wrong(telemetry::AccessLog& log, const StoredJobs& stored,
                       const identity::Clients& clients) {
  if (!stored.fault().empty())
    log.say(spdlog::level::err, "--jobs-dir: nothing can be stored: " + stored.fault());
  if (!clients.warning().empty()) log.say(spdlog::level::warn, clients.warning());
}

[[noreturn]] void serve(const Options& options) {
  auto sockets = prepare_process(options);
  auto clients = read_clients(options);

  Loop loop(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO);  // its descriptors and timers are its thread's alone
  asio::signal_set signals(loop);
  listen_to_signals(signals);
  loop::ThreadPool json_pool(loop, 1);
  auto document = discover_tasks(loop, signals, json_pool, options);
  const auto catalogue = catalogue_of(document, options);
  loop::Scratch scratch(loop, options.scratch_dir, options.max_scratch);
  check_scratch(scratch, options);
  // Heavy work, too: while it takes its time, the loop must get the core that it is on. But not at idle
  // priority, since they share locks: the allocator's, the kernel's on their memory.
  for (auto* threads : {&json_pool, &scratch.threads()})
    threads->run([] { process::set_priority(process::Priority::low); });

  std::optional<telemetry::Log> log_file(std::in_place, options.log_file, options.log_level, [&options] {
    if (wants_real_time(options)) set_nice_of_busy_loop();
  });
  telemetry::AccessLog log(*log_file, log_format(options), options.log_replies);
  Figures figures;
  const std::vector<telemetry::Observer*> observers{&log, &figures.metrics, &figures.status};
  HeavyWork heavy({loop, json_pool, scratch, catalogue, clients, observers, log}, options);
  if (const auto weakness = check_confinement(options); !weakness.empty())
    log.say(spdlog::level::warn, weakness);
  Sites sites({loop, scratch, json_pool, clients, observers, options.allowed_hosts}, std::move(sockets),
              options);
  const telemetry::Sources sources{heavy.dispatcher(), sites.everybody.door(), *log_file,
                                   heavy.stored().store()};
  figures.begin(loop, sources, heavy, catalogue);
  heavy.begin();
  open(sites, heavy, figures, sources, catalogue, loop, options);

  std::optional<RealTimeLoop> real_time;
  if (wants_real_time(options)) step_up(real_time, loop, *log_file, log);
  const auto say = [&log](bool good, const std::string& sentence) {
    log.say(good ? spdlog::level::info : spdlog::level::warn, sentence);
  };
  Renewal renewal({loop, heavy.orphans(), json_pool, options, heavy.dispatcher(), say}, std::move(document));
  const auto reload = [&] {
    clients.reread(json_pool, say);
    renewal.begin();
  };
  say_what_is_wrong(log, heavy.stored(), clients);
  Lifecycle lifecycle({loop, signals, options, *log_file, log, heavy.admission(), heavy.dispatcher(),
                       sites.everybody, sites.operators ? &*sites.operators : nullptr, heavy.stored(),
                       reload});
  const int exit_code = lifecycle.run();
  // Coroutines may still hold connections and processes, whose owners would be gone before the loop destroys
  // them. All that they hold is the kernel's to take back, but for processes; and the log has something left
  // to write.
  if (const auto left = heavy.finish())
    log.say(spdlog::level::warn, std::to_string(left) + " processes have not ended yet");
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
