#include "server/front_door/timed_socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>

namespace front_door {

awaitable<bool> TimedSocket::wait(Socket::wait_type what) {
  boost::system::error_code error;
  co_await socket_.async_wait(what, asio::redirect_error(use_awaitable, error));
  co_return !error && !late_;
}

awaitable<std::size_t> TimedSocket::receive(asio::mutable_buffer to, boost::system::error_code& error) {
  return socket_.async_receive(asio::mutable_buffers_1(to), asio::redirect_error(use_awaitable, error));
}

void TimedSocket::stop() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void TimedSocket::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void TimedSocket::expired() {
  late_ = true;
  stop();
}

bool TimedSocket::has_unread() const {
  char byte;
  return ::recv(descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

bool TimedSocket::has_left(HalfClosed half_closed) const {
  const short by_half = half_closed == HalfClosed::leave ? POLLRDHUP : 0;  // the others are always told
  pollfd watched{descriptor(), by_half, 0};
  return ::poll(&watched, 1, 0) > 0;
}

}  // namespace front_door
