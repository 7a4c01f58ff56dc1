#include "server/loop/loop.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <string>

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
