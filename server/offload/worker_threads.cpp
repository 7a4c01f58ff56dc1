#include "server/offload/worker_threads.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include "server/offload/burn.h"

namespace offload {
namespace {

struct Burning {
  explicit Burning(Loop& loop) : done(loop.get_executor(), Deadline::max()) {}
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, LoopExecutor> done;
  std::atomic<bool> stop{false};
  double used_ms = 0;
};

}  // namespace

awaitable<Outcome> WorkerThreads::spin(Milliseconds cpu, Deadline deadline) {
  const auto entered = Clock::now();
  auto admitted = co_await admission_.enter(deadline);
  if (auto* refusal = std::get_if<Failure>(&admitted)) co_return Outcome{std::move(*refusal), {}, {}};
  if (!threads_) threads_ = std::make_unique<asio::thread_pool>(admission_.slots());

  const auto began = Clock::now();
  const auto burning = std::make_shared<Burning>(loop_);
  struct StopAtEnd {
    Burning& burning;
    ~StopAtEnd() { burning.stop = true; }
  } stop_at_end{*burning};
  asio::post(*threads_, [this, burning, cpu, deadline] {
    burning->used_ms = burn_cpu(cpu, deadline, &burning->stop);
    asio::post(loop_, [burning] { burning->done.cancel(); });
  });
  boost::system::error_code ignored;
  co_await burning->done.async_wait(asio::redirect_error(use_awaitable, ignored));
  const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
  if (cancelled != asio::cancellation_type::none)
    throw boost::system::system_error(asio::error::operation_aborted);

  using Double = std::chrono::duration<double, std::milli>;
  Usage usage;
  usage.wait_ms = Double(began - entered).count();
  usage.run_ms = Double(Clock::now() - began).count();
  usage.user_ms = burning->used_ms;
  usage.pid = ::getpid();
  if (burning->used_ms < static_cast<double>(cpu.count()))
    co_return Outcome{
        Failure{Reason::deadline_exceeded, fmt::format("no answer after {:.0f} ms", usage.run_ms), {}, {}},
        usage,
        {}};
  co_return Outcome{Result{fmt::format(R"({{"CPUTimeMs":{}}})", cpu.count())}, usage, {}};
}

}  // namespace offload
