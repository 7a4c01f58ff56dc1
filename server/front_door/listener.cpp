#include "server/front_door/listener.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace front_door {
namespace {

// Accepted in one go before other work of the loop gets its turn.
constexpr int kBatch = 64;
constexpr Milliseconds kRetry{100};
constexpr Milliseconds kRetryForRoom{2};

}  // namespace

Listener::Listener(Door& door, Endpoint endpoint)
    : door_(door),
      endpoint_(std::move(endpoint)),
      descriptor_(door.loop.get_executor(), endpoint_.socket.get()),
      retry_(door.loop.get_executor()) {
  wait();
}

Listener::~Listener() {
  close();
}

void Listener::close() {
  if (!descriptor_.is_open()) return;
  // Whom the kernel has greeted already would get a reset.
  paused_ = false;
  while (descriptor_.is_open() && accept_batch()) {
  }
  // First the name: a successor may take it as soon as nobody answers there.
  if (!endpoint_.unlink_at_end.empty()) ::unlink(endpoint_.unlink_at_end.c_str());
  descriptor_.release();
  endpoint_.socket = loop::UniqueFd();
  retry_.cancel();
}

void Listener::wait() {
  if (waiting_ || !descriptor_.is_open()) return;
  waiting_ = true;
  descriptor_.async_wait(asio::posix::descriptor_base::wait_read,
                         [this](const boost::system::error_code& error) {
                           waiting_ = false;
                           if (!error) accept_waiting();
                         });
}

void Listener::resume() {
  if (paused_) {
    paused_ = false;
    retry_.cancel();
    wait();
  }
}

// Out of room or of descriptors: those that wait stay in the backlog until a connection ends, or a moment has
// passed.
bool Listener::pause(Milliseconds at_most) {
  paused_ = true;
  retry_.expires_after(at_most);
  retry_.async_wait([this](const boost::system::error_code& error) {
    if (!error) resume();
  });
  return false;
}

void Listener::accept_waiting() {
  accept_batch();
  if (!paused_) wait();
}

// True where there may be more to accept at once.
bool Listener::accept_batch() {
  for (int i = 0; i < kBatch; ++i) {
    if (door_.counts.open >= door_.limits.max_connections) {
      if (i > 0) return false;  // the next wait says whether anybody is left who needs room
      door_.make_room();
      return pause(kRetryForRoom);
    }
    sockaddr_storage storage{};
    auto* address = reinterpret_cast<sockaddr*>(&storage);
    socklen_t size = sizeof storage;
    const int socket = ::accept4(endpoint_.socket.get(), address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      admit(socket, address);
      continue;
    }
    if (errno == EAGAIN) return false;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return pause(kRetry);
    // Anything else is one client's misfortune (ECONNABORTED, a network error: accept(2)).
  }
  return true;
}

void Listener::admit(int socket, const sockaddr* address) {
  auto peer = peer_of(address);
  const auto limit = door_.limits.max_connections_per_ip;
  if (!door_.is_limited(peer)) peer.group.clear();
  if (!peer.group.empty()) {
    const auto found = door_.counts.per_address.find(peer.group);
    if (found != door_.counts.per_address.end() && found->second >= limit) {
      const loop::UniqueFd owner(socket);
      const Refusal refusal{
          503, "connections_per_ip",
          fmt::format("{} has {} connections open already (--max-connections-per-ip)", peer.group, limit)};
      Request nobody;
      nobody.peer_address = peer.address;
      const auto bytes = door_.application.refuse(nobody, refusal);
      [[maybe_unused]] const auto sent =
          ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      return;
    }
  }
  const asio::generic::stream_protocol protocol(address->sa_family, peer.port ? IPPROTO_TCP : 0);
  boost::system::error_code error;
  Socket client(door_.loop.get_executor());
  client.assign(protocol, socket, error);
  if (error) {
    ::close(socket);
    return;
  }
  auto connection = std::make_unique<Connection>(door_, std::move(client), std::move(peer));
  asio::co_spawn(door_.loop.get_executor(), Connection::serve(std::move(connection)), asio::detached);
}

}  // namespace front_door
