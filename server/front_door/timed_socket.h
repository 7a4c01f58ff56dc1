#pragma once
// A client's socket, and the deadline of whoever waits for it. Knows no HTTP. Used by connection.h,
// receiving.h and sending.h.

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <string_view>

#include "server/front_door/deadline_list.h"
#include "server/front_door/limits.h"

namespace front_door {

using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, LoopExecutor>;

/// One at a time may wait. It joins a DeadlineList before and leaves it afterwards.
class TimedSocket final : public DeadlineList::Member {
 public:
  explicit TimedSocket(Socket socket) : socket_(std::move(socket)), descriptor_(socket_.native_handle()) {}

  /// Suspends until the client can be read from or written to. False where that was too late, or stop() came.
  awaitable<bool> wait(Socket::wait_type what);
  /// The same with the first bytes, as one system call: as many as fit, or none with `error`.
  awaitable<std::size_t> receive(asio::mutable_buffer to, boost::system::error_code& error);
  /// Ends the wait under way.
  void stop();
  void close();

  /// The deadline has passed; so it stays until forgive().
  bool late() const { return late_; }
  void forgive() { late_ = false; }
  void expired() override;

  int descriptor() const { return descriptor_; }
  /// Whether there is something to read; asks the kernel.
  bool has_unread() const;
  /// Whether the client has hung up; asks the kernel.
  bool has_left(HalfClosed half_closed) const;

 private:
  Socket socket_;
  const int descriptor_;
  bool late_ = false;
};

}  // namespace front_door
