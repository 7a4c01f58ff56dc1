#pragma once
// The end of every process, whatever it ended its job with: killed where it still runs, reaped, its orphans
// swept, and only then is its slot free. Owned by the server, so that a request which was cancelled cannot
// skip it.

#include <functional>
#include <memory>

#include "server/offload/admission.h"
#include "server/offload/cruncher_process.h"
#include "server/offload/orphans.h"

namespace offload {

class Burial {
 public:
  Burial(Loop& loop, Milliseconds kill_grace) : loop_(loop), orphans_(loop), kill_grace_(kill_grace) {}

  /// Takes a process over, with the slot that it occupies, if any. Does not suspend.
  void take(std::shared_ptr<CruncherProcess> process, Slot slot = {});

  /// Processes that are not gone yet.
  std::size_t under_way() const { return under_way_; }
  const Orphans& orphans() const { return orphans_; }

 private:
  awaitable<> bury(std::shared_ptr<CruncherProcess> process, Slot slot);

  Loop& loop_;
  Orphans orphans_;
  Milliseconds kill_grace_;
  std::size_t under_way_ = 0;
};

}  // namespace offload
