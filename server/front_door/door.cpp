#include "server/front_door/door.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include "server/loop/after_others.h"

namespace front_door {
namespace {

// Younger ones are those of a burst: their requests are on the way. A head comes in one go, but for the
// longest.
constexpr Milliseconds kIdleLongEnough{20};
constexpr Milliseconds kHeadLongEnough{100};

// Each is a walk over all large responses.
constexpr int kCutsAtOnce = 16;

// Told in one turn of the loop: closing a connection takes up to 20 us.
constexpr int kToldPerTurn = 16;

}  // namespace

// Idle clients come back by themselves. Who is answered already only misses the end. A head that does not end
// is the worst way to hold a place.
bool Door::make_room() {
  return deadlines.idle.expire_oldest(kIdleLongEnough) || deadlines.linger.expire_oldest(Milliseconds{0}) ||
         deadlines.header.expire_oldest(kHeadLongEnough);
}

std::string keep_alive_field(const Limits& limits) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits.idle_timeout).count();
  return seconds > 0 ? fmt::format("keep-alive\r\nKeep-Alive: timeout={}", seconds) : "keep-alive";
}

void Door::has_come(const Peer& peer) {
  ++counts.open;
  ++counts.accepted;
  if (!peer.group.empty()) ++counts.per_address[peer.group];
}

void Door::has_gone(const Peer& peer, std::string_view why) {
  --counts.open;
  ++counts.closed[why];
  if (!peer.group.empty()) {
    const auto found = counts.per_address.find(peer.group);
    if (--found->second == 0) counts.per_address.erase(found);
  }
  if (on_room) on_room();
}

bool Door::is_limited(const Peer& peer) const {
  if (limits.max_connections_per_ip == 0 || peer.group.empty()) return false;
  if (peer.loopback && !limits.per_ip_on_loopback) return false;
  return !stands_for_many || !stands_for_many(peer.address);
}

bool Door::has_memory() {
  for (int cuts = 0; counts.buffered > limits.max_buffered; ++cuts) {
    const auto slowest =
        std::min_element(large_responses.begin(), large_responses.end(),
                         [](const auto& one, const auto& other) { return one.rate() < other.rate(); });
    if (cuts == kCutsAtOnce || slowest == large_responses.end() || std::isinf(slowest->rate())) return false;
    auto& response = *slowest;
    large_responses.erase(slowest);
    response.cut();
  }
  return true;
}

Refusal Door::no_memory() const {
  return {503, "buffers_full",
          fmt::format("all buffers together hold more than {} bytes (--max-buffered)", limits.max_buffered)};
}

void Door::drain() {
  draining = true;
  auto undrained = std::make_shared<decltype(connections)>();
  undrained->splice(undrained->end(), connections);
  few_per_turn(loop.get_executor(), kToldPerTurn, [this, undrained] {
    if (undrained->empty()) return false;
    auto& connection = undrained->front();
    undrained->pop_front();
    connections.push_back(connection);
    connection.drain();
    return true;
  });
}

}  // namespace front_door
