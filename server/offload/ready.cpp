#include "server/offload/ready.h"

#include <algorithm>

namespace offload {

bool suits(const process::Process& process, const Wanted& wanted) {
  const auto& history = process.history();
  if (history.jobs == 0) return true;
  return (wanted.jobs_per_process == 0 || history.jobs < wanted.jobs_per_process) &&
         history.key == wanted.key;
}

Ready::Owned Ready::remove(std::deque<Owned>::const_iterator at) {
  const auto place = all_.begin() + (at - all_.cbegin());
  auto process = std::move(*place);
  all_.erase(place);
  return process;
}

Ready::Owned Ready::pick(const Wanted& wanted) {
  for (auto at = all_.cend(); at != all_.cbegin();)
    if (suits(**--at, wanted)) return remove(at);
  return nullptr;
}

Ready::Owned Ready::remove(const process::Process& process) {
  const auto found =
      std::find_if(all_.cbegin(), all_.cend(), [&](const Owned& ready) { return ready.get() == &process; });
  return found == all_.cend() ? nullptr : remove(found);
}

Ready::Owned Ready::pick_idle_since(Clock::time_point then) {
  const auto found = std::find_if(all_.cbegin(), all_.cend(), [&](const Owned& ready) {
    return ready->history().jobs > 0 && ready->history().idle_since <= then;
  });
  return found == all_.cend() ? nullptr : remove(found);
}

Clock::time_point Ready::oldest() const {
  auto oldest = Clock::time_point::max();
  for (const auto& ready : all_)
    if (ready->history().jobs > 0) oldest = std::min(oldest, ready->history().idle_since);
  return oldest;
}

std::size_t Ready::for_anybody() const {
  return static_cast<std::size_t>(std::count_if(
      all_.begin(), all_.end(), [](const Owned& ready) { return ready->history().key.empty(); }));
}

}  // namespace offload
