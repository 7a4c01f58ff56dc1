#include "server/process/cruncher_process.h"

// How a process ends: called by burial.h.

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include <boost/process/v2/process.hpp>

namespace process {

// The leader also by its own pid: it may have moved to another group.
void CruncherProcess::signal_group(int signal) {
  // A SCHED_IDLE process on a busy machine would not even get the time to die. (Allowed to root alone.)
  sched_param none{};
  ::sched_setscheduler(pid_, SCHED_OTHER, &none);
  ::kill(-pid_, signal);
  ::kill(pid_, signal);
}

awaitable<> CruncherProcess::end(Milliseconds grace) {
  gone_ = nullptr;
  if (answer_ && !fault_) {
    // What it still says is of no use, and each of the pipes' ends would wake the loop. (Those of one that
    // has ended have done so: they can wait for release().)
    if (!ended() && pool_ != Pool::reads) close_pipes();
    const auto by_itself = Clock::now() + kExitGrace;
    while (!ended() && Clock::now() < by_itself) co_await event_.wait(by_itself);
  } else if (!ended()) {
    signal_group(SIGTERM);
    signal_group(SIGCONT);
    const auto until = Clock::now() + grace;
    while (!ended() && Clock::now() < until) co_await event_.wait(until);
  }
  if (!ended()) signal_group(SIGKILL);
  while (!ended() || pool_ == Pool::reads) co_await event_.wait(Deadline::max());
  reap();
}

void CruncherProcess::close_pipes() {
  boost::system::error_code ignored;
  for (auto* pipe : {&in_, &out_, &err_}) pipe->close(ignored);
}

void CruncherProcess::release() {
  close_pipes();
  if (lines_) json_pool_.let_go(lines_->give_up());
  if (auto* unclaimed = answer_ ? std::get_if<Result>(&*answer_) : nullptr)
    json_pool_.let_go(std::move(unclaimed->opened));
}

void CruncherProcess::reap() {
  // While the leader is not reaped, its pid cannot be anybody else's, and so neither can its group's id.
  ::kill(-pid_, SIGKILL);
  try {
    boost::system::error_code ignored;
    boost::process::v2::basic_process<LoopExecutor> process(loop_.get_executor(), pid_, exit_.release());
    process.running(ignored);  // the waitpid(2) that reaps
    process.detach();          // and no second one from the destructor, by then for a stranger
  } catch (const boost::system::system_error&) {  // no memory for its place in the epoll set
    ::waitpid(pid_, nullptr, WNOHANG);
  }
}

}  // namespace process
