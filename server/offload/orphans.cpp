#include "server/offload/orphans.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "server/offload/wait_status.h"

namespace offload {
namespace {

constexpr Milliseconds kAgain{5};

}  // namespace

Orphans::Orphans(Loop& loop) : again_(loop.get_executor()), children_(::gettid()) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (const auto pid : children_()) not_ours_.insert(pid);
}

// True once it is reaped, be it by somebody else: then the pid may already be a stranger's.
bool Orphans::end(pid_t pid) {
  if (!is_child(pid)) return true;
  const auto group = ::getpgid(pid);
  if (group > 1 && group != ::getpgrp()) ::kill(-group, SIGKILL);
  ::kill(pid, SIGKILL);
  return ::waitpid(pid, nullptr, WNOHANG) == pid;
}

void Orphans::sweep() {
  bool any = !taken_.empty();
  std::erase_if(taken_, [this](pid_t pid) { return end(pid); });
  const auto found = children_();
  for (const auto pid : found) {
    if (not_ours_.count(pid)) continue;
    const auto group = ::getpgid(pid);
    // The group of a job that still runs ends with that job.
    const bool led = group > 0 && group != pid && group != ::getpgrp() && ::kill(group, 0) == 0 &&
                     std::find(found.begin(), found.end(), group) == found.end();
    if (led) continue;
    any = true;
    if (end(pid)) ++killed_;
  }
  // What was killed may leave orphans of its own.
  if (!any || scheduled_) return;
  scheduled_ = true;
  again_.expires_after(kAgain);
  again_.async_wait([this](const boost::system::error_code& error) {
    scheduled_ = false;
    if (!error) sweep();
  });
}

}  // namespace offload
