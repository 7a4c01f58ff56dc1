#include "server/process/process.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <boost/process/v2/process.hpp>
#include <cassert>

#include "server/process/resource_limits.h"

namespace process {

void PipeEnd::own(loop::UniqueFd& fd) {
  if (!fd) return;
  descriptor_.assign(fd.get());
  fd.release();
  descriptor_.native_non_blocking(true);
}

// An aborted wait may be told when this object is gone. Any other is told before.
void PipeEnd::listen() {
  if (!descriptor_.is_open() || std::exchange(listening_, true)) return;
  descriptor_.async_wait(what_, [this](const boost::system::error_code& error) {
    if (error) return;
    listening_ = false;
    ready_ = true;
    event_.wake();
  });
}

void PipeEnd::close() {
  boost::system::error_code ignored;
  descriptor_.close(ignored);
}

Process::Process(Loop& loop, Launched& launched, std::function<void(const Process&)> on_end)
    : loop_(loop),
      pid_(launched.pid),
      on_end_(std::move(on_end)),
      event_(loop),
      exit_(loop.get_executor()),
      pipes_{{loop, event_, PipeEnd::Descriptor::wait_write},
             {loop, event_, PipeEnd::Descriptor::wait_read},
             {loop, event_, PipeEnd::Descriptor::wait_read}},
      consumption_(pid_, launched.inherited_kib) {
  exit_.assign(launched.pidfd.get());
  launched.pidfd.release();
  pipes_.in.own(launched.in);
  pipes_.out.own(launched.out);
  pipes_.err.own(launched.err);
  ordered_.folder = std::move(launched.folder);
  ordered_.file = std::move(launched.file);
  watch_end();
  pipes_.out.listen();
}

Process::~Process() {
  assert(reaped_);
}

void Process::watch_end() {
  exit_.async_wait(PipeEnd::Descriptor::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    if (!ended()) return watch_end();
    event_.wake();
    on_end_(*this);
  });
}

bool Process::ended() {
  if (status_) return true;
  status_ = peek_end(exit_.native_handle());
  if (status_) status_->forget_cpu(consumption_.earlier_cpu_ms());
  if (status_ && history_.by_launcher) status_->read_as_shells_do();
  return status_.has_value();
}

void Process::lend_out(bool lent) {
  out_lent_ = lent;
  event_.wake();
}

// The leader by its own pid only where it has moved to another group: else it would hear the signal twice.
void Process::signal_group(int signal) {
  // A SCHED_IDLE process on a busy machine would not even get the time to die. (Allowed to root alone.)
  sched_param none{};
  ::sched_setscheduler(pid_, SCHED_OTHER, &none);
  ::kill(-pid_, signal);
  if (::getpgid(pid_) != pid_) ::kill(pid_, signal);
}

void Process::ask_to_end(const EndPolicy& policy) {
  if (asked_to_end_) return;
  asked_to_end_ = Clock::now();
  signal_group(policy.first_signal);
  signal_group(SIGCONT);
}

void Process::kill() {
  signal_group(SIGKILL);
}

awaitable<> Process::end(const EndPolicy& policy, bool has_answered) {
  if (has_answered) {
    // What it still says is of no use, and each of the pipes' ends would wake the loop. (Those of one that
    // has ended have done so: they can wait.)
    if (!ended() && !out_lent_) close_pipes();
    const auto by_itself = Clock::now() + policy.exit_grace;
    while (!ended() && Clock::now() < by_itself) co_await event_.wait(by_itself);
  } else if (!ended()) {
    ask_to_end(policy);
    const auto until = *asked_to_end_ + policy.grace;
    while (!ended() && Clock::now() < until) co_await event_.wait(until);
  }
  if (!ended()) kill();
  while (!ended() || out_lent_) co_await event_.wait(Deadline::max());
  reap();
}

void Process::end_now() {
  if (reaped_) return;
  kill();
  siginfo_t info;
  ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  reap();
}

void Process::close_pipes() {
  for (auto* pipe : {&pipes_.in, &pipes_.out, &pipes_.err}) pipe->close();
}

// Boost.Process is here for this alone: it waits for pid and pidfd as one. Its launchers leak (CONTRIBUTING,
// Traps).
void Process::reap() {
  // While the leader is not reaped, its pid cannot be anybody else's, and so neither can its group's id.
  ::kill(-pid_, SIGKILL);
  reaped_ = true;
  try {
    boost::system::error_code ignored;
    boost::process::v2::basic_process<LoopExecutor> process(loop_.get_executor(), pid_, exit_.release());
    process.running(ignored);  // the waitpid(2) that reaps
    process.detach();          // and no second one from the destructor, by then for a stranger
  } catch (const boost::system::system_error&) {  // no memory for its place in the epoll set
    ::waitpid(pid_, nullptr, WNOHANG);
  }
}

// The first job's limits are those that it was started with, or lower: then they can be hard ones.
void Process::begin_job(const Job& job, const Program& program) {
  ++history_.jobs;
  history_.key = job.client.key;
  if (!program.stay.allowed) return apply_limits(pid_, job.limits, program.in_force());
  const bool moved = job.limits.cpu.count() > 0 && history_.jobs > 1;
  if (!moved && job.limits == (history_.jobs == 1 ? program.in_force() : history_.in_force)) return;
  move_limits(pid_, job.limits, program.limits,
              Milliseconds(static_cast<long>(consumption_.earlier_cpu_ms())));
  history_.in_force = job.limits;
}

void Process::finish_job() {
  consumption_.finish_job();
  history_.idle_since = Clock::now();
}

void Process::note_peak() {
  if (!status_) consumption_.note_peak();
}

Usage Process::usage() const {
  auto usage = consumption_.usage(status_);
  usage.job_of_process = std::max<std::uint64_t>(history_.jobs, 1);
  return usage;
}

}  // namespace process
