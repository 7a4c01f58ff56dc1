#include "server/front_door/connection.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/loop/size_limits.h"
#include "server/loop/unique_fd.h"
#include "tests/server/front_door/nobody.h"

namespace front_door {
namespace {

// A client's end of a connection that a door serves, on a socket pair.
loop::UniqueFd connect(Door& door) {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
  Socket socket(door.loop.get_executor());
  socket.assign(asio::generic::stream_protocol(AF_UNIX, 0), ends[1]);
  asio::co_spawn(door.loop,
                 Connection::serve(std::make_unique<Connection>(door, std::move(socket), Peer{"unix", 0})),
                 asio::detached);
  return loop::UniqueFd(ends[0]);
}

awaitable<> count_turns(Door& door, std::size_t& turns) {
  while (door.counts.open > 0) {
    co_await others_first(door.loop.get_executor());
    ++turns;
  }
  door.loop.stop();
}

TEST_CASE("what a refused client goes on sending is thrown away some in each turn of the loop") {
  Loop loop(1);
  Nobody nobody;
  loop::Scratch scratch(loop, "", 0);
  const auto door = std::make_unique<Door>(loop, Limits{}, nobody, scratch);
  auto client = connect(*door);
  const std::string bytes = "@" + std::string(1 << 20, 'x');
  ssize_t sent = 0;
  for (ssize_t count; (count = ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL)) > 0;)
    sent += count;
  REQUIRE(sent > static_cast<ssize_t>(6 * kBytesPerTurn));
  ::shutdown(client.get(), SHUT_WR);
  std::size_t turns = 0;
  asio::co_spawn(loop, count_turns(*door, turns), asio::detached);
  loop.run();
  CHECK(turns >= sent / kBytesPerTurn);
}

TEST_CASE("at the drain, idle clients are let go some in each turn of the loop") {
  constexpr std::size_t kClients = 400;
  Loop loop(1);
  Nobody nobody;
  loop::Scratch scratch(loop, "", 0);
  const auto door = std::make_unique<Door>(loop, Limits{}, nobody, scratch);
  std::vector<loop::UniqueFd> clients;
  for (std::size_t i = 0; i < kClients; ++i) clients.push_back(connect(*door));
  std::size_t turns = 0;
  door->drain();
  asio::co_spawn(loop, count_turns(*door, turns), asio::detached);
  loop.run();
  CHECK(door->counts.open == 0);
  CHECK(turns >= kClients / 64);
}

}  // namespace
}  // namespace front_door
