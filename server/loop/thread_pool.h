#pragma once
// A pool of threads for work that would hold up the loop. What it is given runs there, and what comes of
// it is told on the loop.
//
// Not by asio::post(): that wakes the loop while it holds the loop's lock. A loop at real-time priority takes
// the core from the thread that woke it, finds the lock taken, and waits until that thread gets a core again:
// milliseconds on a busy machine.

#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "server/loop/loop.h"

namespace loop {

class ThreadPool {
 public:
  /// Throws boost::system::system_error where no descriptor is left. Must outlive what it is given.
  ThreadPool(Loop& loop, std::size_t count);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  /// All of these are for the loop to call. `work` runs on one of the threads, in turn; it must not throw.
  template <typename Work>
  void run(Work work) {
    asio::post(threads_, std::move(work));
  }

  /// The same, but not before `pause` is over, and never where the pool ends before. For the threads to call,
  /// too.
  template <typename Work>
  void run_later(Milliseconds pause, Work work) {
    const auto timer = std::make_shared<asio::steady_timer>(threads_.get_executor(), pause);
    timer->async_wait([timer, work = std::move(work)](const boost::system::error_code& error) mutable {
      if (!error) work();
    });
  }

  /// Calls `then(result)` on the loop with what `work` returned. The loop runs until then. `work` is
  /// destroyed before `then` runs: what it holds may be the loop's own.
  template <typename Work, typename Then>
  void run(Work work, Then then) {
    expect();
    asio::post(threads_, [this, work = std::move(work), then = std::move(then)]() mutable {
      auto result = Work(std::move(work))();
      give_back(std::make_unique<ReturnOf<decltype(result), Then>>(std::move(result), std::move(then)));
    });
  }

  /// Suspends until `work` is done; its exception is thrown here. Not to be cancelled.
  template <typename Work>
  awaitable<std::invoke_result_t<Work>> call(Work work) {
    using Result = std::invoke_result_t<Work>;
    auto begin = [this](auto handler, Work work) {
      this->run(  // clang sees no use of `this` in a plain call
          [work = std::move(work)]() mutable {
            std::pair<std::exception_ptr, Result> result;
            try {
              result.second = work();
            } catch (...) {
              result.first = std::current_exception();
            }
            return result;
          },
          [handler = std::move(handler)](auto result) mutable {
            std::move(handler)(result.first, std::move(result.second));
          });
    };
    co_return co_await asio::async_initiate<decltype(use_awaitable), void(std::exception_ptr, Result)>(
        std::move(begin), use_awaitable, std::move(work));
  }

 private:
  friend class FreedOnPool;
  // The newest of them knows the one before: a list that grows without a lock.
  struct Return {
    virtual ~Return() = default;
    virtual void tell() = 0;
    Return* before = nullptr;
  };
  template <typename Result, typename Then>
  struct ReturnOf final : Return {
    ReturnOf(Result result, Then then) : result(std::move(result)), then(std::move(then)) {}
    void tell() override { std::move(then)(std::move(result)); }
    Result result;
    Then then;
  };

  void let_go(std::string text);
  void expect();
  void listen();
  void give_back(std::unique_ptr<Return> result);
  void collect();

  asio::posix::basic_stream_descriptor<LoopExecutor> event_;  // an eventfd(2)
  std::atomic<Return*> returns_{nullptr};
  std::size_t expected_ = 0;
  bool listening_ = false;
  std::atomic<std::size_t> going_ = 0;  // bytes of texts to be freed
  asio::thread_pool threads_;
};

/// Frees a text at the end of its scope, however that ends: on the pool, or here where the text is short or
/// the threads have fallen behind. To give megabytes back takes the kernel milliseconds.
class FreedOnPool {
 public:
  FreedOnPool(ThreadPool& pool, std::string& text) : pool_(pool), text_(text) {}
  FreedOnPool(const FreedOnPool&) = delete;
  FreedOnPool& operator=(const FreedOnPool&) = delete;
  ~FreedOnPool() { pool_.let_go(std::move(text_)); }

 private:
  ThreadPool& pool_;
  std::string& text_;
};

}  // namespace loop
