#include "server/offload/orphans.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "server/offload/wait_status.h"

namespace offload {
namespace {

constexpr Milliseconds kAgain{5};
constexpr std::size_t kAtOnce = 64;  // some system calls each

}  // namespace

Orphans::Orphans(Loop& loop) : again_(loop.get_executor()), children_(::gettid()) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (const auto pid : children_()) not_ours_.insert(pid);
}

// With its group, lest it fork faster than it is looked for; but any process of its session can join the
// group of a launcher. True once it is reaped, be it by somebody else: then the pid may already be a
// stranger's.
bool Orphans::end(pid_t pid, const std::unordered_set<pid_t>& orphans) {
  if (!is_child(pid)) return true;
  const auto group = ::getpgid(pid);
  const bool known = not_ours_.count(group) || (is_child(group) && !orphans.count(group));
  if (group > 1 && group != ::getpgrp() && (group == pid || !known)) ::kill(-group, SIGKILL);
  ::kill(pid, SIGKILL);
  return ::waitpid(pid, nullptr, WNOHANG) == pid;
}

void Orphans::sweep() {
  const auto found = children_();
  const std::unordered_set<pid_t> orphans(found.begin(), found.end());
  bool any = !taken_.empty();
  std::erase_if(taken_, [&](pid_t pid) { return end(pid, orphans); });
  std::size_t ended = 0;
  for (const auto pid : found) {
    if (not_ours_.count(pid) || crunchers_.count(::getpgid(pid))) continue;
    any = true;
    if (ended++ == kAtOnce) break;
    if (end(pid, orphans)) ++killed_;
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

void Orphans::end_all(Milliseconds patience) {
  const auto until = Clock::now() + patience;
  for (auto left = children(); !left.empty() && Clock::now() < until; left = children()) {
    std::erase_if(left, [this](pid_t pid) { return not_ours_.count(pid) > 0; });
    if (left.empty()) return;
    for (const auto pid : left) {
      sched_param none{};
      ::sched_setscheduler(pid, SCHED_OTHER, &none);  // to die soon, on a busy machine; allowed to root alone
      ::kill(-pid, SIGKILL);
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, WNOHANG);
    }
    std::this_thread::sleep_for(Milliseconds(1));
  }
}

}  // namespace offload
