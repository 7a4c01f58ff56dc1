#include "server/loop/thread_pool.h"

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace loop {
namespace {

TEST_CASE("work runs elsewhere, and its result is told on the loop, which waits for it") {
  Loop loop(1);
  ThreadPool pool(loop, 1);
  std::thread::id worked, told;
  std::vector<int> results;
  for (int i = 0; i < 3; ++i) {
    pool.run(
        [&worked, i] {
          worked = std::this_thread::get_id();
          std::this_thread::sleep_for(Milliseconds(i == 0 ? 50 : 0));
          return i;
        },
        [&](int result) {
          told = std::this_thread::get_id();
          results.push_back(result);
        });
  }
  loop.run();
  CHECK(results == std::vector<int>{0, 1, 2});
  CHECK(told == std::this_thread::get_id());
  CHECK(worked != told);
}

TEST_CASE("what is told may ask for more, which is told as well") {
  Loop loop(1);
  ThreadPool pool(loop, 2);
  int left = 1000;
  std::function<void()> again = [&] {
    pool.run([] { return 1; },
             [&](int one) {
               left -= one;
               if (left > 0) again();
             });
  };
  again();
  loop.run();
  CHECK(left == 0);
}

TEST_CASE("of many results from many threads each is told once") {
  Loop loop(1);
  ThreadPool pool(loop, 4);
  constexpr std::size_t many = 20'000;
  std::vector<int> told(many);
  for (std::size_t i = 0; i < many; ++i) pool.run([i] { return i; }, [&told](std::size_t i) { ++told[i]; });
  loop.run();
  CHECK(told == std::vector<int>(many, 1));
}

TEST_CASE("a coroutine gets the result, or the exception, and things that can only be moved") {
  Loop loop(1);
  ThreadPool pool(loop, 1);
  std::string got, caught;
  asio::co_spawn(
      loop,
      [&]() -> awaitable<> {
        auto there = [text = std::make_unique<std::string>("moved there and back")]() mutable {
          return std::move(text);
        };
        const auto text = co_await pool.call(std::move(there));
        got = *text;
        try {
          co_await pool.call([]() -> int { throw std::runtime_error("from there"); });
        } catch (const std::runtime_error& error) {
          caught = error.what();
        }
      },
      asio::detached);
  loop.run();
  CHECK(got == "moved there and back");
  CHECK(caught == "from there");
}

TEST_CASE("what work holds is released before its result is told") {
  Loop loop(1);
  ThreadPool pool(loop, 1);
  int left = 10'000;
  bool alone = true;
  for (int i = left; i > 0; --i) {
    auto held = std::make_shared<int>(i);
    auto work = [held] { return *held; };
    auto then = [&, held = std::move(held)](int) {
      alone = alone && held.use_count() == 1;
      --left;
    };
    pool.run(std::move(work), std::move(then));
  }
  loop.run();
  CHECK(left == 0);
  CHECK(alone);
}

TEST_CASE("work whose result nobody waits for does not keep the loop") {
  Loop loop(1);
  std::mutex gate;
  std::unique_lock closed(gate);
  bool done = false;
  {
    ThreadPool pool(loop, 1);
    pool.run([&] {
      const std::lock_guard passes(gate);
      done = true;
    });
    loop.run();
    CHECK_FALSE(done);
    closed.unlock();
  }
}

TEST_CASE("what is not told in the end is freed") {
  const auto held = std::make_shared<int>(1);
  Loop loop(1);
  {
    std::atomic<int> run = 0;
    ThreadPool pool(loop, 1);
    const auto work = [&run, held] { return ++run, held; };
    for (int i = 0; i < 10'000; ++i) pool.run(work, [](std::shared_ptr<int>) {});
    while (run < 10) std::this_thread::yield();  // and most of them not yet
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("a long text is gone at the end of its scope, however that ends") {
  Loop loop(1);
  ThreadPool pool(loop, 1);
  std::string text(1 << 20, 'x'), thrown(1 << 20, 'x');
  { const FreedOnPool freed(pool, text); }
  CHECK(text.capacity() < 100);
  try {
    const FreedOnPool freed(pool, thrown);
    throw std::runtime_error("no");
  } catch (const std::runtime_error&) {
  }
  CHECK(thrown.capacity() < 100);
}

}  // namespace
}  // namespace loop
