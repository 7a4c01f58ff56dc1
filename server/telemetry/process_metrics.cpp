#include "server/telemetry/process_metrics.h"

#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "server/process/proc_file.h"
#include "server/version.h"

namespace telemetry {
namespace {

prometheus::Family<prometheus::Gauge>& gauges(prometheus::Registry& registry, const char* name,
                                              const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

// Nothing where the kernel does not say (before Linux 6.2).
std::optional<std::size_t> open_descriptors() {
  struct stat folder {};
  if (::stat("/proc/self/fd", &folder) != 0 || folder.st_size <= 0) return std::nullopt;
  return static_cast<std::size_t>(folder.st_size);
}

}  // namespace

ProcessMetrics::ProcessMetrics(prometheus::Registry& registry)
    : cpu_(prometheus::BuildCounter()
               .Name("process_cpu_seconds_total")
               .Help("CPU time of the server, without its crunchers.")
               .Register(registry)
               .Add({})),
      memory_(gauges(registry, "process_resident_memory_bytes", "Resident memory of the server.").Add({})),
      descriptors_(gauges(registry, "process_open_fds", "Descriptors that the server has open.").Add({})) {
  gauges(registry, "process_start_time_seconds", "When the server started, since 1970.")
      .Add({})
      .SetToCurrentTime();
  gauges(registry, "cruncherd_build_info", "Always 1.").Add({{"version", server::kVersion}}).Set(1);
}

void ProcessMetrics::read() {
  cpu_.Increment(process::cpu_ms(::getpid()).value_or(0) / 1e3 - cpu_.Value());
  memory_.Set(static_cast<double>(process::resident_kib(::getpid()).value_or(0)) * 1024);
  if (const auto count = open_descriptors()) descriptors_.Set(static_cast<double>(*count));
}

}  // namespace telemetry
