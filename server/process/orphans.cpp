#include "server/process/orphans.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

namespace process {
namespace {

constexpr Milliseconds kAgain{5};
constexpr std::size_t kAtOnce = 64;  // some system calls each

}  // namespace

Orphans::Orphans(Loop& loop)
    : again_(loop.get_executor()),
      children_(::gettid()),
      knows_strangers_(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (const auto pid : children_()) not_ours_.insert(pid);
}

// Kills the process with its group, lest it fork faster than a sweep looks. Spares a group that is not the
// job's: a process may join any group of its session. True once the process is reaped, by whomever: the pid
// may be a stranger's from then on.
bool Orphans::end(pid_t pid, Sweep& sweep) {
  if (::waitpid(pid, nullptr, WNOHANG) != 0) {
    hosts_.erase(pid);
    return true;
  }
  const auto group = ::getpgid(pid);
  const bool ours = group == pid || (sweep.orphans.count(group) && !not_ours_.count(group)) ||
                    (group > 1 && ::kill(group, 0) != 0 && errno == ESRCH);
  if (ours && group != ::getpgrp() && sweep.groups.insert(group).second) ::kill(-group, SIGKILL);
  ::kill(pid, SIGKILL);
  return false;
}

// A process that changes groups is not spared a second time.
bool Orphans::is_led(pid_t pid) {
  const auto group = ::getpgid(pid);
  return crunchers_.count(group) && hosts_.try_emplace(pid, group).first->second == group;
}

bool Orphans::is_stranger(pid_t pid) const {
  return not_ours_.count(pid) || (knows_strangers_ && !has_no_new_privs(pid));
}

bool Orphans::any_led_by(pid_t leader) const {
  const auto found = children_();
  return std::any_of(found.begin(), found.end(), [&](pid_t pid) { return ::getpgid(pid) == leader; });
}

void Orphans::sweep() {
  fresh_ = true;
  const bool second_look_is_due = std::exchange(quiet_, false) && scheduled_;
  if (second_look_is_due || !scheduled_) look();  // that one need not be waited for
}

// Looks at some of the children, from where the last look ended. Looks again until a whole round found
// nothing to end: what is killed may leave orphans of its own.
void Orphans::look() {
  const auto found = children_();
  Sweep sweep{{found.begin(), found.end()}, {}};
  unseen_ = std::exchange(fresh_, false) ? found.size() : std::min(unseen_, found.size());
  bool any = !strays_.empty();
  std::erase_if(strays_, [&](pid_t pid) { return end(pid, sweep); });
  const auto last = std::find(found.begin(), found.end(), last_);
  auto at = static_cast<std::size_t>(last - found.begin());
  const auto count = std::min(found.size(), kAtOnce);
  for (std::size_t i = 0; i < count; ++i) {
    at = (at + 1) % found.size();
    last_ = found[at];
    if (is_stranger(last_)) {
      if (::waitpid(last_, nullptr, WNOHANG) != 0) not_ours_.erase(last_);
      continue;
    }
    if (is_led(last_)) continue;
    any = true;
    if (end(last_, sweep)) ++killed_;
  }
  unseen_ = any ? found.size() : unseen_ - std::min(unseen_, count);
  const bool quiet = !any && unseen_ == 0;
  if (quiet && std::exchange(quiet_, quiet)) return;
  quiet_ = quiet;
  scheduled_ = true;
  again_.expires_after(kAgain);
  again_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // a later one was scheduled in its place
    scheduled_ = false;
    look();
  });
}

// Leaves the ended ones unreaped, so that their pids are nobody else's.
void Orphans::ask_all_to_end(Milliseconds patience) {
  const auto until = Clock::now() + patience;
  auto left = crunchers_;
  for (const auto pid : left) ::kill(-pid, SIGTERM);
  while (!left.empty() && Clock::now() < until) {
    std::erase_if(left, [](pid_t pid) {
      siginfo_t info{};
      return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT | WNOHANG) != 0 ||
             info.si_pid != 0;
    });
    std::this_thread::sleep_for(Milliseconds(1));
  }
}

std::size_t Orphans::end_all(Milliseconds patience) {
  const auto until = Clock::now() + patience;
  for (;;) {
    auto left = children();
    if (left.size() <= not_ours_.size()) left = children_by_parent();
    std::erase_if(left, [this](pid_t pid) { return is_stranger(pid); });
    if (left.empty() || Clock::now() >= until) return left.size();
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

}  // namespace process
