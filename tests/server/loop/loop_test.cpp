#include "server/loop/loop.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <chrono>
#include <string>

#include "server/loop/after_others.h"
#include "server/loop/turns.h"

namespace loop {

namespace {

using Socket = asio::basic_stream_socket<asio::local::stream_protocol, LoopExecutor>;

constexpr std::size_t kTurns = 5;

// Makes a light request in each of its turns: it has come before the next one.
awaitable<> do_long_work(LoopExecutor loop, Socket& client, std::string& order) {
  for (std::size_t turn = 0; turn < kTurns; ++turn) {
    order += 'w';
    CHECK(::send(client.native_handle(), "r", 1, 0) == 1);
    co_await others_first(loop);
  }
}

awaitable<> answer_requests(Socket& server, std::string& order) {
  for (std::size_t request = 0; request < kTurns; ++request) {
    char byte;
    co_await asio::async_read(server, asio::buffer(&byte, 1), use_awaitable);
    order += byte;
  }
}

TEST_CASE("what comes during a turn of long work is served before the next turn") {
  Loop loop(1);
  Socket server(loop), client(loop);
  asio::local::connect_pair(server, client);
  std::string order;
  asio::co_spawn(loop, answer_requests(server, order), asio::detached);
  asio::co_spawn(loop, do_long_work(loop.get_executor(), client, order), asio::detached);
  loop.run();
  CHECK(order == "wrwrwrwrwr");
}

TEST_CASE("of many steps a few are made in one turn, others have theirs, and the last one ends it") {
  Loop loop(1);
  std::string order;
  int steps = 0;
  few_per_turn(loop.get_executor(), 3, [&] {
    order += 's';
    if (steps % 3 == 0) after_others(loop.get_executor(), [&] { order += 'o'; });
    return ++steps < 7;
  });
  CHECK(order == "sss");
  loop.run();
  CHECK(order == "sssosssoso");
  CHECK(steps == 7);
}

awaitable<> work_in(Turns& turns, Socket& client, std::size_t& done, std::size_t& asked_at) {
  for (std::size_t turn = 0; turn < kTurns; ++turn) {
    co_await turns.next();
    const auto until = Clock::now() + std::chrono::microseconds(50);
    while (Clock::now() < until) continue;
    if (++done == 100) {
      asked_at = done;
      CHECK(::send(client.native_handle(), "r", 1, 0) == 1);
    }
  }
}

TEST_CASE("however many long works there are, what comes meanwhile waits for some of them only") {
  Loop loop(1);
  Turns turns(loop);
  Socket server(loop), client(loop);
  asio::local::connect_pair(server, client);
  constexpr std::size_t kWorks = 200;
  std::size_t done = 0, asked_at = 0, answered_at = 0;
  for (std::size_t i = 0; i < kWorks; ++i)
    asio::co_spawn(loop, work_in(turns, client, done, asked_at), asio::detached);
  char byte;
  asio::async_read(server, asio::buffer(&byte, 1),
                   [&](const boost::system::error_code&, std::size_t) { answered_at = done; });
  loop.run();
  CHECK(done == kWorks * kTurns);
  CHECK(asked_at == 100);
  CHECK(answered_at - asked_at < 10);
}

TEST_CASE("long works take turns") {
  Loop loop(1);
  std::string order;
  const auto work = [](LoopExecutor on, std::string& order, char name) -> awaitable<> {
    for (std::size_t turn = 0; turn < kTurns; ++turn) {
      order += name;
      co_await others_first(on);
    }
  };
  for (const char name : {'a', 'b', 'c'})
    asio::co_spawn(loop, work(loop.get_executor(), order, name), asio::detached);
  loop.run();
  CHECK(order == "abcabcabcabcabc");
}

}  // namespace

}  // namespace loop
