#pragma once
// The end of every process, whatever it ended its job with: killed where it still runs, reaped, its orphans
// swept, and only then is its slot free. Owned by the server, so that a request which was cancelled cannot
// skip it.

#include <functional>
#include <memory>
#include <optional>

#include "server/offload/admission.h"
#include "server/process/cruncher_process.h"
#include "server/process/orphans.h"

namespace offload {

class Burial {
 public:
  Burial(Loop& loop, Milliseconds kill_grace) : loop_(loop), orphans_(loop), kill_grace_(kill_grace) {}

  /// To be told of each process that is started: until it is taken over, what is in its group is its own.
  void expect(pid_t pid) { orphans_.spare_group(pid); }

  /// Takes a process over, with the slot that it occupies, if any, and whose job it was where nobody waits
  /// for that any more. Does not suspend.
  void take(std::shared_ptr<process::CruncherProcess> process, Slot slot = {},
            std::optional<process::Abandoned> job = {});

  /// Takes over a process that was started, but has no owner.
  void take_stray(pid_t pid) { orphans_.take(pid); }

  /// Is told of every process that is gone.
  void on_gone(std::function<void(pid_t)> told) { on_gone_ = std::move(told); }
  /// Is told what each abandoned job has cost, once its process is gone.
  void on_abandoned(std::function<void(const process::Abandoned&, const process::Usage&)> told) {
    on_abandoned_ = std::move(told);
  }

  /// True while a process is not gone yet, or what one has left behind.
  bool busy() const { return under_way_ > 0 || orphans_.busy(); }
  /// At the server's end: Orphans::end_all().
  std::size_t end_all(Milliseconds patience) { return orphans_.end_all(patience); }
  const process::Orphans& orphans() const { return orphans_; }

 private:
  awaitable<> bury(std::shared_ptr<process::CruncherProcess> process, Slot slot,
                   std::optional<process::Abandoned> job);
  void settle_account(const process::CruncherProcess& process, const std::optional<process::Abandoned>& job);

  Loop& loop_;
  process::Orphans orphans_;
  Milliseconds kill_grace_;
  std::size_t under_way_ = 0;
  std::function<void(pid_t)> on_gone_;
  std::function<void(const process::Abandoned&, const process::Usage&)> on_abandoned_;
};

}  // namespace offload
