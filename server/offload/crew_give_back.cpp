// How processes leave a crew: kept for their next job, renewed, drained, ended. What comes before: crew.cpp.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "server/offload/crew.h"

namespace offload {

void Crew::drain() {
  target_ = 0;
  draining_ = true;
  rest_.cancel();
  staying_.idle.cancel();
  end_all_ready();
}

void Crew::renew() {
  spawner_.renew();
  staying_.renewed = Clock::now();
  end_all_ready();
  refill();
}

void Crew::end_all_ready() {
  for (auto& process : ready_.remove_all()) {
    const bool used = process->history().jobs > 0;
    give_back(std::move(process), {}, Leave{used, {}});
  }
}

bool Crew::may_stay(const process::Process& process, const Wanted& wanted) const {
  const auto most = static_cast<double>(wanted.jobs_per_process);
  return program().stay.allowed && (most == 0 || process.history().jobs < most * process.history().vigour);
}

// False where the process is to be ended, or is already.
bool Crew::keep(std::unique_ptr<process::Process>& process) {
  process->finish_job();
  auto fault = staying_.fitness.fault_of(*process, program().stay.memory);
  if (!fault && process->started() < staying_.renewed) fault = process::Recycled::idle;
  if (!fault && serve_waiter(process)) return true;
  if (!fault && draining_) fault = process::Recycled::idle;
  if (fault) {
    count(*fault);
    return false;
  }
  ready_.add_used(std::move(process));
  if (ready_.size() > program().stay.most) {
    if (auto oldest = ready_.pick_idle_since(Clock::now()))
      recycle(std::move(oldest), process::Recycled::idle);
  }
  if (staying_.idle.expiry() <= Clock::now()) end_idle();
  return true;
}

void Crew::recycle(std::unique_ptr<process::Process> process, process::Recycled why) {
  count(why);
  give_back(std::move(process), {}, Leave{true, {}});
}

// And looks again when the next one has waited for long.
void Crew::end_idle() {
  const auto patience = program().stay.idle;
  while (auto process = ready_.pick_idle_since(Clock::now() - patience))
    recycle(std::move(process), process::Recycled::idle);
  const auto oldest = ready_.oldest();
  if (oldest == Clock::time_point::max()) return;
  staying_.idle.expires_at(oldest + patience);
  staying_.idle.async_wait([this](const boost::system::error_code& error) {
    if (!error) end_idle();
  });
}

Crew::Ending::Ending(Crew& crew, std::unique_ptr<process::Process> process, Slot slot, Leave leave)
    : crew(&crew), process(std::move(process)), slot(std::move(slot)), leave(std::move(leave)) {
  ++crew.ending_;
}

// Not reached the end: for want of memory, say.
Crew::Ending::~Ending() {
  if (!process || finished) return;
  process->end_now();
  try {
    finish();
  } catch (const std::exception&) {  // what has not been told by now is not told
  }
}

void Crew::Ending::finish() {
  finished = true;
  const auto pid = process->pid();
  --crew->ending_;
  crew->spawner_.forget(pid);
  crew->orphans_.spare_no_more(pid);
  slot = {};
  crew->orphans_.sweep();
  if (process->folder() && crew->orphans_.none()) process->leaves_nobody();
  crew->refill();
  if (!leave.abandoned || !crew->observers_.on_abandoned) return;
  auto usage = process->usage();
  usage.wait_ms = leave.abandoned->wait_ms;
  usage.run_ms = milliseconds(Clock::now() - leave.abandoned->began);
  crew->observers_.on_abandoned(*leave.abandoned, usage);
}

void Crew::give_back(std::unique_ptr<process::Process> process, Slot slot, Leave leave) noexcept try {
  if (leave.waits && keep(process)) return;
  asio::co_spawn(loop_.get_executor(),
                 end(Ending(*this, std::move(process), std::move(slot), std::move(leave))), asio::detached);
} catch (const std::exception&) {  // its process has ended by then
  if (process) process->end_now();
}

awaitable<> Crew::end(Ending ending) {
  co_await asio::post(loop_.get_executor(), use_awaitable);  // the response goes out first
  co_await ending.process->end(program().end, ending.leave.has_answered);
  ending.finish();
  co_await others_first(loop_.get_executor());  // light requests, and the job that has waited for the slot
  ending.process->close_pipes();
}

}  // namespace offload
