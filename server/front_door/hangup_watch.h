#pragma once
// Tells when a client has hung up (RST, and FIN where that counts) although nobody reads from its socket, and
// although bytes of its next request may lie unread there. An epoll set of its own, since asio's does not ask
// for EPOLLRDHUP. Used by connection.h.

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <functional>
#include <unordered_map>

#include "server/front_door/limits.h"
#include "server/loop/loop.h"

namespace front_door {

class HangupWatch {
 public:
  explicit HangupWatch(Loop& loop);

  /// Watches a socket for as long as it lives; the socket must outlive it.
  class Watch {
   public:
    /// `hung_up` is called from the loop, at most once.
    Watch(HangupWatch& owner, int socket, std::function<void()> hung_up, HalfClosed half_closed);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    HangupWatch& owner_;
    int socket_;
  };

 private:
  void wait();
  void report();

  asio::posix::basic_stream_descriptor<LoopExecutor> epoll_;
  std::unordered_map<int, std::function<void()>> watched_;
};

}  // namespace front_door
