#include "server/offload/orphans.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <charconv>

namespace offload {
namespace {

constexpr Milliseconds kAgain{5};

}  // namespace

Orphans::Orphans(Loop& loop) : again_(loop.get_executor()) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const auto path = fmt::format("/proc/self/task/{}/children", ::gettid());
  list_ = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  for (const auto pid : children()) not_ours_.insert(pid);
}

// proc(5): the pids, a space behind each. Kept open, read from its start every time.
std::vector<pid_t> Orphans::children() const {
  std::vector<pid_t> pids;
  char text[4096];
  const auto size = list_ ? ::pread(list_.get(), text, sizeof text, 0) : 0;
  for (const char *at = text, *end = text + (size > 0 ? size : 0); at < end;) {
    pid_t pid = 0;
    const auto [next, error] = std::from_chars(at, end, pid);
    if (error != std::errc() || next == end) break;  // the last one may be cut off; it is seen the next time
    pids.push_back(pid);
    at = next + 1;
  }
  return pids;
}

void Orphans::sweep() {
  bool any = false;
  const auto found = children();
  for (const auto pid : found) {
    if (not_ours_.count(pid)) continue;
    const auto group = ::getpgid(pid);
    // The group of a job that still runs ends with that job.
    const bool led = group > 0 && group != pid && group != ::getpgrp() && ::kill(group, 0) == 0 &&
                     std::find(found.begin(), found.end(), group) == found.end();
    if (led) continue;
    any = true;
    if (group > 1 && group != ::getpgrp()) ::kill(-group, SIGKILL);
    ::kill(pid, SIGKILL);
    if (::waitpid(pid, nullptr, WNOHANG) == pid) ++killed_;
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
