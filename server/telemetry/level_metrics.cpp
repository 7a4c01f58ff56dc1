#include "server/telemetry/level_metrics.h"

#include <string>

namespace telemetry {
namespace {

using prometheus::BuildCounter;

struct Figure {
  const char* name;
  const char* help;
  LevelMetrics::Reading read;
};

template <typename Number>
double real(Number number) {
  return static_cast<double>(number);
}

constexpr Figure kCounts[] = {
    {"cruncherd_connections_accepted_total", "Connections accepted.",
     [](const Sources& s) { return real(s.door.counts.accepted); }},
    {"cruncherd_orphans_killed_total", "Processes that jobs left behind.",
     [](const Sources& s) { return real(s.dispatcher.crew().orphans().killed()); }},
    {"cruncherd_spares_died_total", "Spares that ended before they got a job.",
     [](const Sources& s) { return real(s.dispatcher.spawned().spares_died); }},
    {"cruncherd_processes_reused_total", "Jobs that got a process which had done one before.",
     [](const Sources& s) { return real(s.dispatcher.spawned().reused); }},
    {"cruncherd_log_lines_lost_total",
     "Lines of the log that its file did not take, or its queue had no room for.",
     [](const Sources& s) { return real(s.log.lost()); }}};

constexpr Figure kLevels[] = {{"cruncherd_connections_open", "Connections open.",
                               [](const Sources& s) { return real(s.door.counts.open); }},
                              {"cruncherd_buffered_bytes", "Requests and responses in memory.",
                               [](const Sources& s) { return real(s.door.counts.buffered); }},
                              {"cruncherd_slots_running", "Slots taken.",
                               [](const Sources& s) { return real(s.dispatcher.admission().running()); }},
                              {"cruncherd_slots_limit", "Slots.",
                               [](const Sources& s) { return real(s.dispatcher.admission().slots()); }},
                              {"cruncherd_queue_waiting", "Jobs that wait for a slot.",
                               [](const Sources& s) { return real(s.dispatcher.admission().waiting()); }},
                              {"cruncherd_queue_limit", "Jobs that may wait.",
                               [](const Sources& s) { return real(s.dispatcher.admission().max_waiting()); }},
                              {"cruncherd_spares_ready", "Crunchers started in advance.",
                               [](const Sources& s) { return real(s.dispatcher.crew().ready()); }}};

// A counter that follows a count which somebody else keeps.
void follow(prometheus::Counter& counter, double count) {
  counter.Increment(count - counter.Value());
}

}  // namespace

LevelMetrics::LevelMetrics(prometheus::Registry& registry)
    : closed_(BuildCounter()
                  .Name("cruncherd_connections_closed_total")
                  .Help("Connections that ended, by why.")
                  .Register(registry)),
      recycled_(
          BuildCounter()
              .Name("cruncherd_processes_recycled_total")
              .Help("Processes that did several jobs, or were to, and were ended for no fault of a job, "
                    "by why.")
              .Register(registry)) {
  for (const auto& [name, help, read] : kCounts)
    counters_.emplace_back(&BuildCounter().Name(name).Help(help).Register(registry).Add({}), read);
  auto& spawns =
      BuildCounter().Name("cruncherd_spawns_total").Help("Processes started, by result.").Register(registry);
  counters_.emplace_back(&spawns.Add({{"result", "started"}}),
                         [](const Sources& s) { return real(s.dispatcher.spawned().started); });
  counters_.emplace_back(&spawns.Add({{"result", "failed"}}),
                         [](const Sources& s) { return real(s.dispatcher.spawned().failed); });
  for (const auto& [name, help, read] : kLevels)
    gauges_.emplace_back(&prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({}), read);
}

void LevelMetrics::read(const Sources& sources) {
  for (const auto& [counter, read] : counters_) follow(*counter, read(sources));
  for (const auto& [gauge, read] : gauges_) gauge->Set(read(sources));
  for (const auto& [why, count] : sources.door.counts.closed)
    follow(closed_.Add({{"why", std::string(why)}}), real(count));
  const auto spawned = sources.dispatcher.spawned();
  for (const auto why : process::kAllRecycled)
    follow(recycled_.Add({{"reason", std::string(process::to_string(why))}}),
           real(spawned.recycled[static_cast<std::size_t>(why)]));
}

}  // namespace telemetry
