#include "server/front_door/connection.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>

#include "server/loop/size_limits.h"

namespace front_door {
namespace {

using Step = RequestReader::Step;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Connection::Connection(Door& door, Socket socket, Peer peer)
    : door_(door),
      socket_(std::move(socket)),
      watched_(std::in_place, door.hangups, socket_.descriptor(), door.limits.half_closed),
      account_(door.counts),
      receiving_(door, socket_),
      sending_(door, socket_, account_),
      peer_(std::move(peer)) {
  door_.connections.push_back(*this);
  door_.has_come(peer_);
}

// The watch ends first: a process that is about to be forked may hold the socket for a moment longer.
Connection::~Connection() {
  turn_.reset();
  watched_.reset();
  socket_.close();
  door_.has_gone(peer_, why_);
}

// Nothing that a client can do throws (those are values); memory that ran out may. This client pays, nobody
// else.
awaitable<> Connection::serve(std::unique_ptr<Connection> connection) {
  std::string what = "unknown";
  try {
    co_return co_await connection->run();
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
  }
  connection->end("error");
  const Exchange none;
  const auto& turn = connection->turn_;
  connection->door_.application.report(turn ? turn->exchange : none, what);
}

awaitable<> Connection::run() {
  for (;;) {
    std::string_view bytes;
    if (!receiving_.has_more()) {
      bytes = co_await receiving_.first_bytes();
      if (bytes.empty()) {
        end(receiving_.why());
        break;
      }
    }
    begin_turn();
    const bool goes_on = co_await serve_request(bytes);
    if (!goes_on) break;
    co_await asio::post(door_.loop.get_executor(), use_awaitable);  // others' turn, before its next request
    turn_.reset();
    account_.set(0);
    receiving_.shrink();
    if (door_.draining && !receiving_.has_more() && !socket_.has_unread()) {
      end("drained");
      break;
    }
  }
}

void Connection::begin_turn() {
  fresh_ = false;
  turn_ = std::make_unique<Turn>(door_);
  turn_->exchange.draining = &door_.draining;
  auto& request = turn_->incoming->reader.request();
  request.peer_address = peer_.address;
  request.peer_port = peer_.port;
}

// False where that was the connection's last one.
awaitable<bool> Connection::serve_request(std::string_view bytes) {
  auto& incoming = *turn_->incoming;
  receiving_.parse(incoming, bytes);
  if (incoming.step < Step::complete) {
    const bool whole = co_await receiving_.read(incoming);
    if (!whole && incoming.refusal) co_return co_await refuse(*incoming.refusal);
    if (!whole) {
      if (incoming.step == Step::need_body) door_.application.lost(incoming.reader.request());
      co_return end(receiving_.why());
    }
  }
  co_return co_await answer();
}

bool Connection::end(std::string_view why) {
  why_ = why;
  return false;
}

// A client that has just come, or whose next request is here already, is still served: it could not know.
void Connection::drain() {
  if (turn_ || lingers_) return;
  if (fresh_ || socket_.has_unread()) return door_.deadlines.last_call.join(socket_);
  socket_.stop();
}

// For a client that asks first, on behalf of whoever answers it. What its head alone decided against never
// comes here, and its content never crosses the network.
awaitable<> Connection::read_content() {
  auto& exchange = turn_->exchange;
  auto& incoming = *turn_->incoming;
  turn_->watch.reset();  // it may say all that it has to say, and then hang up
  if (!receiving_.has_more() && incoming.reader.body_size() == 0) {
    const Parts go_on{kContinue};
    const bool sent = co_await sending_.send(go_on);
    if (!sent) {
      end("client_reset");
      throw ContentLost{};
    }
  }
  const bool whole = co_await receiving_.read_content(incoming);
  if (!whole) {
    end(receiving_.why());
    throw ContentLost{};
  }
  if (incoming.step == Step::refused) incoming.refusal = incoming.reader.refusal();
  account();
  if (incoming.step != Step::refused && !door_.has_memory()) incoming.refusal = door_.no_memory();
  if (incoming.refusal) throw ContentLost{};
  turn_->body_memory = receiving_.hand_over(incoming, exchange.request);
  exchange.client_keeps_alive = incoming.reader.keeps_alive();
  exchange.received = Clock::now();
  exchange.has_content = true;
  watch_for_hangup();
}

// False where it has no room.
bool Connection::begin_exchange() {
  auto& exchange = turn_->exchange;
  auto& incoming = *turn_->incoming;
  auto& request = incoming.reader.request();
  exchange.client = this;
  exchange.received = Clock::now();
  if (incoming.reader.asks_to_keep_alive()) exchange.keep_alive = door_.keep_alive;
  exchange.has_content = incoming.step == Step::complete;
  exchange.client_keeps_alive = exchange.has_content && incoming.reader.keeps_alive();
  if (!request.body.empty() && !door_.has_memory()) return false;
  auto body = std::exchange(request.body, {});
  exchange.request = std::move(request);
  request.body = std::move(body);
  if (exchange.has_content) turn_->body_memory = receiving_.hand_over(incoming, exchange.request);
  account();
  return true;
}

// From a request, or its head, to its response on the wire. False where that was the connection's last one.
awaitable<bool> Connection::answer() {
  if (turn_->incoming->step == Step::refused) co_return co_await refuse(turn_->incoming->reader.refusal());
  if (!begin_exchange()) {
    const auto full = door_.no_memory();
    co_return co_await refuse(full);
  }
  auto& exchange = turn_->exchange;
  auto reply = door_.application.respond(exchange);
  if (reply) {
    const bool replied = co_await finish(std::move(*reply));
    if (!replied) co_return false;
  }
  // The client may take its time, and there may be thousands of them: what is too much is thrown away, not
  // kept.
  auto& response = exchange.response;
  account();
  if (response.body.size() > kLargeResponse && !door_.has_memory())
    door_.application.withdraw(exchange, door_.no_memory());
  const bool keeps_alive = exchange.keeps_alive();
  const bool asked_first = !exchange.has_content;
  const auto ending = co_await deliver();
  if (ending == Ending::write_failed) exchange.end_reason = sending_.why();
  door_.application.ended(exchange, ending, sending_.sent());
  if (ending == Ending::client_gone) co_return end("client");
  if (ending == Ending::broken_off) co_return end("broken_off");
  if (ending == Ending::write_failed) co_return end(sending_.why());
  if (keeps_alive) co_return true;
  co_await linger();
  co_return end(asked_first ? "refused" : door_.draining ? "drained" : "answered");
}

// A heavy request's wait. False where the connection is over.
awaitable<bool> Connection::finish(awaitable<> reply) {
  const auto how = co_await until_hangup(std::move(reply));
  if (how == End::done) co_return true;
  const auto& refusal = turn_->incoming->refusal;
  if (how == End::content_lost && refusal) co_return co_await refuse(*refusal);
  if (how == End::content_lost) {
    door_.application.lost(turn_->exchange.request);
    co_return false;
  }
  door_.application.ended(turn_->exchange, Ending::client_gone, 0);
  co_return end("client");
}

// What the application does for this client, which the client's leaving ends.
awaitable<Connection::End> Connection::until_hangup(awaitable<> work) {
  auto how = End::done;
  asio::cancellation_signal cancel;
  turn_->on_hangup = [&] {
    how = End::client_gone;
    cancel.emit(asio::cancellation_type::terminal);
  };
  watch_for_hangup();
  try {
    co_await asio::co_spawn(door_.loop.get_executor(), std::move(work),
                            asio::bind_cancellation_slot(cancel.slot(), use_awaitable));
  } catch (const boost::system::system_error&) {
    if (how != End::client_gone) throw;
  } catch (const ContentLost&) {
    how = End::content_lost;
  } catch (const StreamBroken& broken) {
    turn_->exchange.end_reason = broken.reason;
    how = End::broken;
  }
  turn_->watch.reset();
  co_return how;
}

void Connection::watch_for_hangup() {
  turn_->watch.emplace(*watched_, turn_->on_hangup);
}

awaitable<Ending> Connection::deliver() {
  auto& response = turn_->exchange.response;
  sending_.begin();
  const Parts parts{response.head, response.content()};
  if (response.body.size() > kLargeResponse) door_.large_responses.push_back(sending_);
  bool sent = co_await sending_.send(parts);
  if (sending_.is_linked()) sending_.unlink();
  if (sent && response.stream) co_return co_await send_stream();
  if (sent && response.file.fd) sent = co_await sending_.send_file(response.file);
  sending_.release(response.file);
  co_return sent ? Ending::sent : Ending::write_failed;
}

awaitable<Ending> Connection::send_stream() {
  auto& exchange = turn_->exchange;
  turn_->incoming.reset();
  std::string().swap(exchange.response.head);
  receiving_.rest();
  SentParts parts(sending_, exchange.request.minor_version > 0);
  try {
    const auto how = co_await until_hangup(exchange.response.stream(parts));
    if (how == End::client_gone) co_return Ending::client_gone;
    if (how == End::broken) co_return Ending::broken_off;
  } catch (const std::exception& error) {
    if (sending_.why() == "client_reset") co_return Ending::client_gone;
    if (!sending_.why().empty()) co_return Ending::write_failed;
    exchange.end_reason = "internal_error";
    door_.application.report(exchange, error.what());
    co_return Ending::broken_off;
  }
  const bool ended = co_await parts.finish();
  co_return ended ? Ending::sent : Ending::write_failed;
}

// The door's own answer, and the end: what follows a request that could not be read can be no request (RFC
// 9112 section 9.6).
awaitable<bool> Connection::refuse(const Refusal& refusal) {
  const bool begun = !turn_->exchange.request.method.empty();
  const auto& request = begun ? turn_->exchange.request : turn_->incoming->reader.request();
  const auto bytes = door_.application.refuse(request, refusal);
  const Parts parts{bytes};
  const bool sent = co_await sending_.send(parts);
  if (sent) co_await linger();
  co_return end("refused");
}

awaitable<> Connection::linger() {
  turn_.reset();
  account_.set(0);
  receiving_.forget();
  lingers_ = true;
  co_await sending_.linger();
}

void Connection::account() {
  const auto& exchange = turn_->exchange;
  const auto request = exchange.request.memory() - exchange.request.body.capacity() + turn_->body_memory;
  account_.set(request + exchange.response.head.capacity() + exchange.response.body.capacity());
}

}  // namespace front_door
