#include "server/process/resource_limits.h"

#include <algorithm>

namespace process {
namespace {

rlimit both(std::uint64_t value) {
  const rlim_t bound = value ? static_cast<rlim_t>(value) : RLIM_INFINITY;
  return {bound, bound};
}

}  // namespace

ResourceLimits to_rlimits(const JobLimits& limits, std::uint64_t file_size) {
  auto cpu = both(static_cast<std::uint64_t>((limits.cpu.count() + 999) / 1000));
  if (cpu.rlim_max != RLIM_INFINITY) ++cpu.rlim_max;  // SIGXCPU first, SIGKILL for those that ignore it
  return {{{RLIMIT_DATA, both(limits.memory)},
           {RLIMIT_AS, both(limits.address_space)},
           {RLIMIT_CPU, cpu},
           {RLIMIT_NOFILE, both(limits.open_files)},
           {RLIMIT_FSIZE, both(file_size)},
           {RLIMIT_CORE, {0, 0}}}};
}

void set_limits(const ResourceLimits& limits) {
  for (const auto& limit : limits) ::setrlimit(limit.resource, &limit.value);
}

void apply_limits(pid_t pid, const JobLimits& limits, const JobLimits& in_force) {
  if (limits == in_force) return;
  for (const auto& limit : to_rlimits(limits)) ::prlimit(pid, limit.resource, &limit.value, nullptr);
}

void move_limits(pid_t pid, const JobLimits& limits, const JobLimits& ceiling, Milliseconds cpu) {
  auto moved = limits;
  if (limits.cpu.count() > 0) moved.cpu += cpu;
  auto hard = ceiling;
  hard.cpu = Milliseconds{0};
  auto soft_limits = to_rlimits(moved);
  const auto hard_limits = to_rlimits(hard);
  for (std::size_t i = 0; i < soft_limits.size(); ++i) {
    auto& [resource, value] = soft_limits[i];
    value.rlim_max = hard_limits[i].value.rlim_max;
    value.rlim_cur = std::min(value.rlim_cur, value.rlim_max);
    ::prlimit(pid, resource, &value, nullptr);
  }
}

}  // namespace process
