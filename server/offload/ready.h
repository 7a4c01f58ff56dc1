#pragma once
// The processes of a crew that wait for a job: spares, and those that have done some. Knows what suits a
// job; ends nothing. Used by crew.h.

#include <deque>
#include <memory>
#include <string>

#include "server/process/process.h"

namespace offload {

/// What a job asks of its process.
struct Wanted {
  std::string key;                     ///< of the client, where it has one
  std::uint64_t jobs_per_process = 1;  ///< this one included; 0: no bound
};

/// Whether a process that has done jobs, or none, may do that one.
bool suits(const process::Process& process, const Wanted& wanted);

class Ready {
 public:
  using Owned = std::unique_ptr<process::Process>;

  /// In front of those that were there before, so that the oldest spare is lent first.
  void add_spare(Owned process) { all_.push_front(std::move(process)); }
  /// Behind: what was used last is lent first.
  void add_used(Owned process) { all_.push_back(std::move(process)); }

  /// The next one for such a job; null where none suits.
  Owned pick(const Wanted& wanted);
  /// That very process; null where it does not wait.
  Owned remove(const process::Process& process);
  /// One that has waited since before `then`, or null.
  Owned pick_idle_since(Clock::time_point then);
  /// Since when the one waits that has waited longest, of those that have done jobs; max() where there is
  /// none.
  Clock::time_point oldest() const;
  std::deque<Owned> remove_all() { return std::exchange(all_, {}); }

  bool empty() const { return all_.empty(); }
  std::size_t size() const { return all_.size(); }
  /// Those that any client's job may get.
  std::size_t for_anybody() const;

 private:
  Owned remove(std::deque<Owned>::const_iterator at);

  std::deque<Owned> all_;  // spares, the youngest first, then the others, the one used last being the last
};

}  // namespace offload
