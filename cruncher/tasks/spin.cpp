// The busy loop of a request that has much to compute: burns CPU time and gives nothing back.

#include <ctime>

#include "cruncher/task.h"

namespace cruncher::tasks {
namespace {

constexpr std::string_view kParams = R"json({
  "type": "object", "additionalProperties": false, "required": ["CPUTimeMs"],
  "properties": {
    "CPUTimeMs": {"type": "integer", "minimum": 0, "maximum": 600000,
                  "description": "CPU time to burn, in milliseconds"}
  }
})json";

constexpr std::string_view kResult = R"json({
  "type": "object", "required": ["CPUTimeMs"],
  "properties": {"CPUTimeMs": {"type": "integer", "description": "CPU time burned, in milliseconds"}}
})json";

double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

TaskResult run(const ipc::Json& params, Progress& progress) {
  const auto milliseconds = params.at("CPUTimeMs").get<std::int64_t>();
  const double wanted = static_cast<double>(milliseconds) / 1000;
  const double start = cpu_seconds();
  for (double used = 0; used < wanted; used = cpu_seconds() - start) {
    // The clock is a system call here, so it is asked every few microseconds only.
    for (int i = 0; i < 10'000; ++i) asm volatile("");
    progress.report(used / wanted);
  }
  return ipc::Json{{"CPUTimeMs", milliseconds}};
}

}  // namespace

extern constinit const Task spin{"spin", "Burns CPU time, as a busy loop does", kParams, kResult, run};

}  // namespace cruncher::tasks
