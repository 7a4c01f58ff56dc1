#pragma once
// Accepts clients on one listening socket and starts a connection.h for each. Knows no HTTP but the refusal
// of a client that has too many connections already. Made in main, one per endpoint.h.

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "server/front_door/connection.h"
#include "server/front_door/endpoint.h"

namespace front_door {

class Listener {
 public:
  /// Begins to accept at once.
  Listener(Door& door, Endpoint endpoint);
  ~Listener();

  const Endpoint& endpoint() const { return endpoint_; }

  /// Closes the socket: clients that come now find nobody.
  void close();
  /// A connection has ended, so there may be room or a descriptor again.
  void resume();

 private:
  void wait();
  void accept_waiting();
  bool accept_batch();
  bool pause(Milliseconds at_most);
  void admit(int socket, const struct sockaddr* address);

  Door& door_;
  Endpoint endpoint_;
  asio::posix::basic_stream_descriptor<LoopExecutor> descriptor_;
  Timer retry_;
  bool waiting_ = false;
  bool paused_ = false;
};

}  // namespace front_door
