#include "server/front_door/connection.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include "server/front_door/send_some.h"

namespace front_door {
namespace {

// What is read and thrown away of a client that goes on sending after it was refused.
constexpr std::size_t kMaxLingering = 4 * 1024 * 1024;

// A response that is thrown away where all buffers together hold too much.
constexpr std::size_t kLargeResponse = 64 * 1024;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Connection::Connection(Door& door, Socket socket, Peer peer)
    : door_(door), socket_(std::move(socket)), peer_(std::move(peer)) {
  door_.connections.push_back(*this);
  ++door_.counts.open;
  ++door_.counts.accepted;
  if (door_.limits.max_connections_per_ip) ++door_.per_address[peer_.address];
}

Connection::~Connection() {
  door_.counts.buffered -= accounted_;
  --door_.counts.open;
  if (lingers_) --door_.counts.lingering;
  ++door_.counts.closed[why_];
  if (door_.limits.max_connections_per_ip) {
    const auto found = door_.per_address.find(peer_.address);
    if (--found->second == 0) door_.per_address.erase(found);
  }
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (door_.on_room) door_.on_room();
}

awaitable<> Connection::serve(std::unique_ptr<Connection> connection) {
  try {
    co_await connection->run();
  } catch (...) {
    // Nothing that a client can do comes here (those are values); memory that ran out may. This client pays,
    // nobody else.
    connection->end("error");
  }
}

awaitable<> Connection::run() {
  for (;;) {
    std::string_view bytes;
    if (received_.empty()) {
      bytes = co_await first_bytes();
      if (bytes.empty()) break;
    }
    fresh_ = false;
    turn_ = std::make_unique<Turn>(door_.limits);
    turn_->exchange.draining = &door_.draining;
    take(bytes);
    if (turn_->step < Step::complete && !co_await read_rest()) {
      if (turn_->refusal) co_await refuse(*turn_->refusal);
      break;
    }
    if (!co_await answer()) break;
    co_await asio::post(door_.loop.get_executor(), use_awaitable);  // others' turn, before its next request
    turn_.reset();
    account();
    if (!received_.empty()) continue;
    received_.shrink_to_fit();
    if (door_.draining && !has_unread()) {
      end("drained");
      break;
    }
  }
}

bool Connection::end(std::string_view why) {
  why_ = why;
  return false;
}

void Connection::expired() {
  late_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

// A client that has just come, or whose next request is here already, is still served: it could not know.
void Connection::drain() {
  if (turn_ || lingers_) return;
  if (fresh_ || has_unread()) return door_.last_call.join(*this);
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

bool Connection::has_unread() {
  char byte;
  return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

// False where the deadline of the list that this connection is in passed.
awaitable<bool> Connection::wait(Socket::wait_type what) {
  boost::system::error_code error;
  co_await socket_.async_wait(what, asio::redirect_error(use_awaitable, error));
  co_return !error && !late_;
}

// The idle client's next request, as far as `first_` holds it; empty where the connection is over. Asio reads
// it when it comes: a wait, and then a read, would be two system calls. A request counts, even if it comes
// with the deadline or the drain.
awaitable<std::string_view> Connection::first_bytes() {
  boost::system::error_code error;
  // Who was accepted just before the drain still has its last call.
  (door_.draining ? door_.last_call : door_.idle).join(*this);
  const auto count =
      co_await socket_.async_receive(asio::buffer(first_), asio::redirect_error(use_awaitable, error));
  leave();
  if (count)
    late_ = false;
  else if (error == asio::error::eof)
    end("client");
  else if (error != asio::error::operation_aborted)
    end("client_reset");
  else
    end(late_ && !door_.draining ? "idle_timeout" : "drained");
  co_return std::string_view(first_.data(), count);
}

// One read, and as much of a request as it holds. False where the connection is over.
bool Connection::receive() {
  ssize_t count;
  do count = ::recv(socket_.native_handle(), door_.scratch.data(), door_.scratch.size(), MSG_DONTWAIT);
  while (count < 0 && errno == EINTR);
  if (count < 0) return errno == EAGAIN ? true : end("client_reset");
  if (count == 0) return end("client");
  take({door_.scratch.data(), static_cast<std::size_t>(count)});
  return true;
}

// As much of a request as there is now; what follows it is kept.
void Connection::take(std::string_view bytes) {
  const bool kept = !received_.empty();
  if (kept) received_ += bytes;
  std::size_t used = 0;
  turn_->step = turn_->reader.advance(kept ? received_ : bytes, used);
  kept ? received_.erase(0, used) : received_.assign(bytes.substr(used));
}

// The head has one deadline from its first byte to its last, the content another: a client that sends a byte
// now and then does not win time. False where the connection is over, or is to end with `turn_->refusal`.
awaitable<bool> Connection::read_rest() {
  if (!receive()) co_return false;  // there may be more than `first_` holds
  door_.header.join(*this);
  while (turn_->step == Step::need_head) {
    const bool more = co_await read_more("header_timeout");
    if (!more) co_return false;
  }
  leave();
  late_ = false;
  // Who asks first is answered by its head, or asked for the rest by whoever wants it.
  if (turn_->step != Step::need_body || turn_->reader.expects_continue()) co_return true;
  co_return co_await read_body();
}

awaitable<bool> Connection::read_body() {
  door_.body.join(*this);
  while (turn_->step == Step::need_body) {
    const bool more = co_await read_more("body_timeout");
    if (!more) co_return false;
  }
  leave();
  late_ = false;
  co_return true;
}

// One wait and one read.
awaitable<bool> Connection::read_more(std::string_view too_late) {
  if (over_budget()) {
    turn_->refusal = no_room();
    co_return false;
  }
  const bool readable = co_await wait(Socket::wait_read);
  if (readable && turn_->step == Step::need_body) co_await others_first(door_.loop.get_executor());
  if (readable && !receive()) co_return false;
  if (readable && (!late_ || turn_->step >= Step::complete)) co_return true;
  leave();
  late_ = false;
  turn_->refusal = Refusal{408, too_late,
                           fmt::format("the request did not come in time (--{})",
                                       too_late == "body_timeout" ? "body-timeout" : "header-timeout")};
  co_return false;
}

// For a client that asks first, on behalf of whoever answers it. What its head alone decided against never
// comes here, and its content never crosses the network.
awaitable<> Connection::read_content() {
  auto& exchange = turn_->exchange;
  turn_->watch.reset();  // it may say all that it has to say, and then hang up
  const bool waits = received_.empty() && turn_->reader.request().body.empty();
  if (waits && !co_await send(kContinue, {})) {
    end("client_reset");
    throw ContentLost{};
  }
  if (!co_await read_body()) throw ContentLost{};
  if (turn_->step == Step::refused) turn_->refusal = turn_->reader.refusal();
  if (turn_->step != Step::refused && over_budget()) turn_->refusal = no_room();
  if (turn_->refusal) throw ContentLost{};
  exchange.request.body = std::move(turn_->reader.request().body);
  exchange.client_keeps_alive = turn_->reader.keeps_alive();
  exchange.received = Clock::now();
  exchange.has_content = true;
  watch_for_hangup();
}

bool Connection::has_left() const {
  pollfd watched{const_cast<Socket&>(socket_).native_handle(), POLLRDHUP, 0};
  return ::poll(&watched, 1, 0) > 0;
}

// False where it has no room.
bool Connection::begin_exchange() {
  auto& exchange = turn_->exchange;
  auto& request = turn_->reader.request();
  request.peer_address = peer_.address;
  request.peer_port = peer_.port;
  exchange.client = this;
  exchange.received = Clock::now();
  exchange.has_content = turn_->step == Step::complete;
  exchange.client_keeps_alive = exchange.has_content && turn_->reader.keeps_alive();
  if (!request.body.empty() && over_budget()) return false;
  auto body = exchange.has_content ? std::string() : std::exchange(request.body, {});
  exchange.request = std::move(request);
  request.body = std::move(body);
  return true;
}

// From a request, or its head, to its response on the wire. False where that was the connection's last one.
awaitable<bool> Connection::answer() {
  if (turn_->step == Step::refused) co_return co_await refuse(turn_->reader.refusal());
  if (!begin_exchange()) {
    const auto full = no_room();
    co_return co_await refuse(full);
  }
  auto& exchange = turn_->exchange;
  auto reply = door_.application.respond(exchange);
  if (reply && !co_await finish(std::move(*reply))) co_return false;
  // The client may take its time, and there may be thousands of them: what is too much is thrown away, not
  // kept.
  if (over_budget() && exchange.response.body.size() > kLargeResponse) {
    door_.application.take_back(exchange, no_room());
    account();
  }
  const bool keeps_alive = exchange.keeps_alive();
  const bool asked_first = !exchange.has_content;
  const bool sent = co_await send(exchange.response.head, exchange.response.content());
  door_.application.ended(exchange, sent ? Ending::sent : Ending::write_failed, sent_);
  if (!sent) co_return end(late_ ? "write_timeout" : "client_reset");
  if (keeps_alive) co_return true;
  co_await linger();
  co_return end(asked_first ? "refused" : door_.draining ? "drained" : "answered");
}

// A heavy request's wait, which the client's leaving ends. False where the connection is over.
awaitable<bool> Connection::finish(awaitable<> reply) {
  bool gone = false, lost = false;
  asio::cancellation_signal cancel;
  turn_->on_hangup = [&] {
    gone = true;
    cancel.emit(asio::cancellation_type::terminal);
  };
  watch_for_hangup();
  try {
    co_await asio::co_spawn(door_.loop.get_executor(), std::move(reply),
                            asio::bind_cancellation_slot(cancel.slot(), use_awaitable));
  } catch (const boost::system::system_error&) {
    if (!gone) throw;
  } catch (const ContentLost&) {
    lost = true;
  }
  turn_->watch.reset();
  if (lost) {
    if (turn_->refusal) co_await refuse(*turn_->refusal);
    co_return false;
  }
  if (!gone) co_return true;
  door_.application.ended(turn_->exchange, Ending::client_gone, 0);
  co_return end("client");
}

void Connection::watch_for_hangup() {
  turn_->watch.emplace(door_.hangups, socket_.native_handle(), turn_->on_hangup);
}

// The door's own answer, and the end: what follows a request that could not be read can be no request (RFC
// 9112 section 9.6).
awaitable<bool> Connection::refuse(const Refusal& refusal) {
  const bool begun = !turn_->exchange.request.method.empty();
  auto& request = begun ? turn_->exchange.request : turn_->reader.request();
  request.peer_address = peer_.address;
  const auto bytes = door_.application.refuse(request, refusal);
  if (co_await send(bytes, {})) co_await linger();
  co_return end("refused");
}

Refusal Connection::no_room() const {
  return {503, "buffers_full",
          fmt::format("all buffers together hold more than {} bytes (--max-buffered)",
                      door_.limits.max_buffered)};
}

// True once both are with the kernel. The deadline is for progress: a slow reader may take its time, a dead
// one may not.
awaitable<bool> Connection::send(std::string_view head, std::string_view body) {
  const auto size = head.size() + body.size();
  sent_ = 0;
  if (size > kBytesPerTurn) co_await others_first(door_.loop.get_executor());
  while (sent_ < size) {
    const auto count = send_some(socket_.native_handle(), head, body, sent_);
    if (count > 0) {
      sent_ += static_cast<std::size_t>(count);
      if (sent_ < size) co_await others_first(door_.loop.get_executor());
    } else if (count < 0 && errno == EAGAIN) {
      door_.write.join(*this);
      const bool writable = co_await wait(Socket::wait_write);
      leave();
      if (!writable) co_return false;
    } else {
      co_return false;
    }
  }
  co_return true;
}

// Closing a socket with unread bytes resets it, and the reset can overtake the response: so the client gets a
// FIN and some time to notice it first.
awaitable<> Connection::linger() {
  turn_.reset();
  std::string().swap(received_);  // an assignment would keep its memory
  account();
  if (::shutdown(socket_.native_handle(), SHUT_WR) != 0) co_return;
  door_.linger.join(*this);
  ++door_.counts.lingering;
  lingers_ = true;
  for (std::size_t read = 0; read < kMaxLingering && !late_;) {
    const auto count =
        ::recv(socket_.native_handle(), door_.scratch.data(), door_.scratch.size(), MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) break;
    if (count > 0) {
      read += static_cast<std::size_t>(count);
      co_await others_first(door_.loop.get_executor());
    } else if (!co_await wait(Socket::wait_read)) {
      break;
    }
  }
  leave();
}

void Connection::account() {
  std::size_t held = received_.capacity();
  if (turn_) {
    const auto& exchange = turn_->exchange;
    held += std::max(turn_->reader.body_memory(), exchange.request.body.size()) +
            exchange.response.head.capacity() + exchange.response.body.capacity();
  }
  door_.counts.buffered += held - accounted_;
  accounted_ = held;
}

bool Connection::over_budget() {
  account();
  return door_.counts.buffered > door_.limits.max_buffered;
}

}  // namespace front_door
