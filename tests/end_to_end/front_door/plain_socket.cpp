#include "tests/end_to_end/front_door/plain_socket.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace front_door_test {

using harness::Clock;
using harness::milliseconds;

namespace {

[[noreturn]] void fail(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> numeric_address(const std::string& host,
                                                                   std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
    throw std::invalid_argument("no address: " + host);
  return {found, freeaddrinfo};
}

bool wait_for(int socket, short events, milliseconds within) {
  pollfd ready{socket, events, 0};
  return poll(&ready, 1, static_cast<int>(within.count())) == 1;
}

}  // namespace

PlainSocket::PlainSocket(std::uint16_t port, const Way& way) {
  const auto target = numeric_address(way.to, port);
  socket_ = socket(target->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket_ < 0) fail("socket");
  if (way.receive_buffer > 0)
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &way.receive_buffer, sizeof way.receive_buffer);
  if (!way.from.empty()) {
    const auto source = numeric_address(way.from, 0);
    if (bind(socket_, source->ai_addr, source->ai_addrlen) != 0) fail("bind");
  }
  if (connect(socket_, target->ai_addr, target->ai_addrlen) != 0 && errno != EINPROGRESS) fail("connect");
}

PlainSocket::~PlainSocket() {
  if (socket_ >= 0) close(socket_);
}

PlainSocket::PlainSocket(PlainSocket&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}

PlainSocket& PlainSocket::operator=(PlainSocket&& other) noexcept {
  std::swap(socket_, other.socket_);
  return *this;
}

std::size_t PlainSocket::send(std::string_view bytes, milliseconds within) {
  if (!wait_for(socket_, POLLOUT, within)) return 0;
  const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

std::string PlainSocket::read_to_end(milliseconds within) {
  const auto end = Clock::now() + within;
  std::string text;
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
    if (left.count() <= 0 || !is_readable(socket_, left))
      throw std::runtime_error("no end in time after: " + text);
    char chunk[16384];
    const ssize_t got = recv(socket_, chunk, sizeof chunk, 0);
    if (got <= 0) return text;
    text.append(chunk, static_cast<std::size_t>(got));
  }
}

bool is_readable(int descriptor, milliseconds within) {
  return wait_for(descriptor, POLLIN, within);
}

}  // namespace front_door_test
