#pragma once
// The processes of a crew that wait for a job: spares, and those that have done some. Knows what suits a job
// and who has waited for long; has no clock, and ends nothing. Used by crew.h.

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "server/process/process.h"

namespace offload {

/// What a job asks of its process.
struct Wanted {
  std::string key;                     ///< of the client, where it has one
  std::uint64_t jobs_per_process = 1;  ///< this one included; 0: no bound
};

/// Whether a process with that history, or none, may do that job.
inline bool suits(const process::History& history, const Wanted& wanted) {
  if (history.jobs == 0) return true;
  return (wanted.jobs_per_process == 0 || history.jobs < wanted.jobs_per_process) &&
         history.key == wanted.key;
}

/// Of a `Process` only its history() is asked.
template <typename Process = process::Process>
class Ready {
 public:
  using Owned = std::unique_ptr<Process>;

  /// In front of those that were there before, so that the oldest spare is lent first.
  void add_spare(Owned process) { all_.push_front(std::move(process)); }
  /// Behind: what was used last is lent first.
  void add_used(Owned process) { all_.push_back(std::move(process)); }

  /// The next one for such a job; null where none suits.
  Owned pick(const Wanted& wanted) {
    for (auto at = all_.end(); at != all_.begin();)
      if (suits((*--at)->history(), wanted)) return remove(at);
    return nullptr;
  }
  /// That very process; null where it does not wait.
  Owned remove(const Process& process) {
    return remove(find([&](const Owned& ready) { return ready.get() == &process; }));
  }
  /// One that has done jobs, and has waited since `then` or longer; or null.
  Owned pick_idle_since(Clock::time_point then) {
    return remove(find([then](const Owned& ready) {
      return ready->history().jobs > 0 && ready->history().idle_since <= then;
    }));
  }
  std::deque<Owned> remove_all() { return std::exchange(all_, {}); }

  /// Since when the one waits that has waited longest, of those that have done jobs; max() where there is
  /// none.
  Clock::time_point oldest() const {
    auto oldest = Clock::time_point::max();
    for (const auto& ready : all_)
      if (ready->history().jobs > 0) oldest = std::min(oldest, ready->history().idle_since);
    return oldest;
  }
  bool empty() const { return all_.empty(); }
  std::size_t size() const { return all_.size(); }
  /// Those that any client's job may get.
  std::size_t for_anybody() const {
    return static_cast<std::size_t>(std::count_if(
        all_.begin(), all_.end(), [](const Owned& ready) { return ready->history().key.empty(); }));
  }

 private:
  using All = std::deque<Owned>;

  template <typename Condition>
  typename All::iterator find(Condition condition) {
    return std::find_if(all_.begin(), all_.end(), condition);
  }
  Owned remove(typename All::iterator at) {
    if (at == all_.end()) return nullptr;
    auto process = std::move(*at);
    all_.erase(at);
    return process;
  }

  All all_;  // spares, the youngest first, then the others, the one used last being the last
};

}  // namespace offload
