#include "server/front_door/deadline_list.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <vector>

namespace front_door {
namespace {

struct Client final : DeadlineList::Member {
  std::vector<const Client*>* late = nullptr;
  void expired() override { late->push_back(this); }
};

// Gives others a turn as long as there is something to wait for; the largest growth of `late` in one turn.
awaitable<> watch_turns(Loop& loop, const std::vector<const Client*>& late, std::size_t all,
                        std::size_t& most) {
  for (std::size_t before = 0; before < all;) {
    co_await others_first(loop.get_executor());
    most = std::max(most, late.size() - before);
    before = late.size();
  }
}

TEST_CASE("members are told in the order in which they joined, once each, and not before their time") {
  Loop loop(1);
  DeadlineList list(loop, Milliseconds{20});
  std::vector<const Client*> late;
  std::vector<Client> clients(3);
  for (auto& client : clients) client.late = &late;
  const auto begin = Clock::now();
  for (auto& client : clients) list.join(client);
  list.join(clients[0]);  // again: behind the others now
  loop.run();
  CHECK(Clock::now() - begin >= Milliseconds{20});
  CHECK(late == std::vector<const Client*>{&clients[1], &clients[2], &clients[0]});
}

TEST_CASE("who leaves, or is gone, is not told") {
  Loop loop(1);
  DeadlineList list(loop, Milliseconds{5});
  std::vector<const Client*> late;
  Client leaves, stays;
  leaves.late = stays.late = &late;
  {
    Client gone;
    gone.late = &late;
    list.join(gone);
    list.join(leaves);
    list.join(stays);
  }
  leaves.leave();
  loop.run();
  CHECK(late == std::vector<const Client*>{&stays});
}

TEST_CASE("however many are due at once, others have their turn between a few of them and the next few") {
  constexpr std::size_t kClients = 9000;
  Loop loop(1);
  DeadlineList list(loop, Milliseconds{1});
  std::vector<const Client*> late;
  std::vector<Client> clients(kClients);
  for (auto& client : clients) {
    client.late = &late;
    list.join(client);
  }
  std::size_t most = 0;
  asio::co_spawn(loop, watch_turns(loop, late, kClients, most), asio::detached);
  loop.run();
  CHECK(late.size() == kClients);
  CHECK(most <= 64);
}

}  // namespace
}  // namespace front_door
