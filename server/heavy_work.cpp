#include "server/heavy_work.h"

#include <memory>

#include "server/process/log_lines.h"
#include "server/startup.h"

namespace server {
namespace {

constexpr Milliseconds kLastWait{1000};  // for processes to die

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

}  // namespace

HeavyWork::HeavyWork(const Parts& parts, const Options& options)
    : orphans_(parts.loop),
      crew_(parts.loop, orphans_, cruncher_program(options), crew_observers(parts.observers, parts.log)),
      admission_(parts.loop, options.running, options.waiting, options.wait_timeout),
      dispatcher_(admission_, crew_, parts.json_pool),
      crews_apart_({parts.loop, orphans_, dispatcher_, parts.json_pool,
                    [&parts] { return crew_observers(parts.observers, parts.log); }},
                   options, parts.scratch.folder()),
      threads_(parts.loop, admission_),
      contents_(parts.loop, options.running + options.waiting, options.wait_timeout),
      for_routes_(parts.catalogue, dispatcher_, threads_, parts.json_pool, contents_, parts.observers),
      stored_(parts.loop, options, admission_, for_routes_, parts.json_pool, parts.clients, parts.observers) {
  contents_.thread().run([] { process::set_priority(process::Priority::low); });
  if (auto* commands = crews_apart_.commands()) for_routes_.serve_commands(*commands);
}

void HeavyWork::begin() {
  crew_.refill();
  crews_apart_.refill();
  stored_.begin();
}

std::size_t HeavyWork::finish() {
  stored_.finish();
  // What is on other machines has to be told by its launcher.
  if (const auto patience = dispatcher_.patience_with_launchers(); patience.count() > 0)
    orphans_.ask_all_to_end(patience);
  const auto left = orphans_.end_all(kLastWait);
  crews_apart_.remove_folders();
  return left;
}

}  // namespace server
