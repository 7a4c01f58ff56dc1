#pragma once
// The one event loop and the words that go with it. Everything in server/ runs on this loop's single thread,
// so nothing here is locked; but for the spawner's threads, those of the pools (JSON, files, stored jobs) and
// the log's writer.

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

namespace loop {

namespace asio = boost::asio;

using Loop = asio::io_context;
using LoopExecutor = Loop::executor_type;

/// A coroutine of the loop. The executor's type is spelt out since the type-erased default costs on every
/// step.
template <typename T = void>
using awaitable = asio::awaitable<T, LoopExecutor>;
inline constexpr asio::use_awaitable_t<LoopExecutor> use_awaitable;

using Clock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, LoopExecutor>;

/// Suspends until all others have had a turn: those who are ready, and those who the kernel says are ready by
/// then (128 at a time). After one post it would be the caller's turn before theirs, for what Asio hears from
/// the kernel it puts behind what was posted.
inline awaitable<> others_first(LoopExecutor loop) {
  return asio::async_initiate<decltype(use_awaitable), void()>(
      [](auto resume, LoopExecutor on) {
        asio::post(on, [resume = std::move(resume), on]() mutable { asio::post(on, std::move(resume)); });
      },
      use_awaitable, loop);
}

/// A point in time that is handed down, so that nobody adds up remainders.
using Deadline = Clock::time_point;
using Milliseconds = std::chrono::milliseconds;

/// A span as people and JSON read it.
inline double milliseconds(Clock::duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

}  // namespace loop

// The words of the loop are plain words in every folder of the server.
namespace front_door {
using namespace loop;
}
namespace process {
using namespace loop;
}
namespace offload {
using namespace loop;
}
namespace jobs {
using namespace loop;
}
namespace comparison {
using namespace loop;
}
namespace telemetry {
using namespace loop;
}
namespace routes {
using namespace loop;
}
namespace server {
using namespace loop;
}
