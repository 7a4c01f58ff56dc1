#include "server/comparison/worker_threads.h"

#include <fmt/format.h>
#include <unistd.h>

#include "server/comparison/burn.h"
#include "server/loop/wake_up.h"

namespace comparison {
namespace {

struct Burning {
  explicit Burning(Loop& loop) : done(loop) {}
  WakeUp done;
  std::atomic<bool> stop{false};
  double used_ms = 0;
};

}  // namespace

awaitable<process::Outcome> WorkerThreads::spin(Milliseconds cpu, Deadline deadline,
                                                const process::Client& client) {
  const auto entered = Clock::now();
  auto admitted = co_await admission_.enter(deadline, client);
  if (auto* refusal = std::get_if<process::Failure>(&admitted))
    co_return process::Outcome{std::move(*refusal), {}, {}};
  if (!threads_) threads_ = std::make_unique<loop::ThreadPool>(loop_, admission_.slots());

  const auto began = Clock::now();
  const auto burning = std::make_shared<Burning>(loop_);
  struct StopAtEnd {
    Burning& burning;
    ~StopAtEnd() { burning.stop = true; }
  } stop_at_end{*burning};
  const auto is_over = [burning, deadline] {
    return burning->stop.load(std::memory_order_relaxed) || Clock::now() >= deadline;
  };
  threads_->run([is_over, cpu] { return burn_cpu(cpu, is_over); },
                [burning](double used_ms) {
                  burning->used_ms = used_ms;
                  burning->done.wake();
                });
  co_await burning->done.wait(Deadline::max());

  process::Usage usage;
  usage.wait_ms = milliseconds(began - entered);
  usage.run_ms = milliseconds(Clock::now() - began);
  usage.user_ms = burning->used_ms;
  usage.pid = ::getpid();
  if (burning->used_ms < static_cast<double>(cpu.count()))
    co_return process::Outcome{process::Failure{process::Reason::deadline_exceeded,
                                                fmt::format("no answer after {:.0f} ms", usage.run_ms),
                                                {},
                                                {}},
                               usage,
                               {}};
  co_return process::Outcome{
      process::Result{fmt::format(R"({{"result":{{"CPUTimeMs":{}}})", cpu.count())}, usage, {}};
}

}  // namespace comparison
