#include "server/process/appetite.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/process/proc_file.h"

namespace process {
namespace {

constexpr Milliseconds kBetweenLooks{50};
constexpr unsigned kChildrenEach = 4;      // looks: they cost more
constexpr std::size_t kMostChildren = 32;  // that are looked at
constexpr Milliseconds kCpuSlack{1000};    // the kernel's own limit comes first: it counts whole seconds

// From here on memory is a likely reason of a process's end.
std::uint64_t telling(std::uint64_t limit) {
  return limit / 4 * 3;
}

std::uint64_t mebibytes(std::uint64_t bytes) {
  return bytes >> 20;
}

}  // namespace

Appetite::Appetite(Process& process, std::uint64_t memory, Milliseconds cpu)
    : process_(process), memory_(memory), cpu_(cpu) {
  if (memory > 0 || cpu.count() > 0) next_look_ = Clock::now() + kBetweenLooks;
}

// Nobody holds more than is resident of it, which is the cheaper figure.
std::uint64_t Appetite::held_by(pid_t pid, std::uint64_t resident) {
  if (resident < telling(memory_)) return resident;
  const auto held = static_cast<std::uint64_t>(held_kib(pid).value_or(0)) << 10;
  if (resident > held) file_pages_ = std::max(file_pages_, resident - held);
  return held;
}

// The largest of the process and its children: what they share would count for each of them in a sum.
std::uint64_t Appetite::held_by_family() {
  auto most = held_by(process_.pid(), process_.resident());
  if (looks_ % kChildrenEach != 0) return most;
  auto children = children_of(process_.pid());
  children.resize(std::min(children.size(), kMostChildren));
  for (const auto child : children) most = std::max(most, held_by(child, MemoryOf(child)().resident));
  return most;
}

std::optional<Failure> Appetite::look() {
  if (Clock::now() < next_look_ || exceeded_) return std::nullopt;
  next_look_ = Clock::now() + kBetweenLooks;
  ++looks_;
  if (memory_ > 0) {
    const auto held = held_by_family();
    most_ = std::max({most_, held, process_.data()});
    if (held > memory_) {
      exceeded_ = true;
      process_.note_peak();  // it may be long in dying
      return Failure{Reason::memory_limit,
                     fmt::format("it held {} MiB (--memory {} MiB)", mebibytes(held), mebibytes(memory_)),
                     {},
                     {}};
    }
  }
  if (cpu_.count() == 0) return std::nullopt;
  const auto used = process_.usage().cpu_ms();
  if (used < milliseconds(cpu_ + kCpuSlack)) return std::nullopt;
  exceeded_ = true;
  return Failure{Reason::cpu_limit,
                 fmt::format("it used {:.0f} ms of CPU time (--cpu {} ms)", used, cpu_.count()),
                 {},
                 {}};
}

void Appetite::explain(Failure& failure) const {
  const auto peak = static_cast<std::uint64_t>(process_.usage().max_rss_kib.value_or(0)) << 10;
  const auto most = std::max(most_, peak - std::min(peak, file_pages_));
  const bool by_itself = failure.signal || failure.exit_code.value_or(0) != 0;
  if (failure.reason != Reason::crashed || !by_itself || memory_ == 0 || most < telling(memory_)) return;
  failure.reason = Reason::memory_limit;
  failure.detail +=
      fmt::format("; it had {} MiB by then (--memory {} MiB)", mebibytes(most), mebibytes(memory_));
}

}  // namespace process
