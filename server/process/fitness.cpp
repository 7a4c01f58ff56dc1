#include "server/process/fitness.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "server/process/pipe_reading.h"
#include "server/process/proc_file.h"

namespace process {
namespace {

constexpr Milliseconds kBetweenMemoryLooks{5};  // at its memory: jobs shorter than that cannot add much

// The pid that the kernel gave last; -1 where it does not say.
long read_last_pid(int fd) {
  char text[32];
  const auto size = ::pread(fd, text, sizeof text - 1, 0);
  if (size <= 0) return -1;
  text[size] = '\0';
  return std::strtol(text, nullptr, 10);
}

}  // namespace

std::string_view to_string(Recycled reason) {
  switch (reason) {
    case Recycled::jobs:
      return "jobs";
    case Recycled::memory:
      return "memory";
    case Recycled::idle:
      return "idle";
    case Recycled::children:
      return "children";
    case Recycled::output:
      return "output";
    case Recycled::ended:
      return "ended";
  }
  return "ended";
}

Fitness::Fitness(Orphans& orphans)
    : orphans_(orphans), last_pid_(::open("/proc/sys/kernel/ns_last_pid", O_RDONLY | O_CLOEXEC)) {}

// Nobody has a child that it had not before, where no pid was given since: that is mostly so, and cheap to
// ask. Before the look at the children: what is started meanwhile is seen the next time.
bool Fitness::has_children(Process& process) {
  const auto last_pid = last_pid_ ? read_last_pid(last_pid_.get()) : -1;
  if (last_pid >= 0 && last_pid == process.history().last_pid) return false;
  if (!children_of(process.pid()).empty() || orphans_.any_led_by(process.pid())) return true;
  process.note_childless(last_pid);
  orphans_.sweep();
  return false;
}

std::optional<Recycled> Fitness::fault_since(Process& process) {
  if (process.ended()) return Recycled::ended;
  if (unread(process.out().fd()) > 0) return Recycled::output;
  return std::nullopt;
}

std::optional<Recycled> Fitness::fault_of(Process& process, std::uint64_t memory) {
  if (const auto fault = fault_since(process)) return fault;
  // Of a launcher neither says anything: the cruncher may be its child.
  if (process.history().by_launcher) return std::nullopt;
  if (has_children(process)) return Recycled::children;
  if (memory > 0 && process.memory_is_unseen(kBetweenMemoryLooks) && process.resident() > memory)
    return Recycled::memory;
  return std::nullopt;
}

}  // namespace process
