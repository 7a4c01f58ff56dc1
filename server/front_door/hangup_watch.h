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

  /// A client's socket, which outlives it. The kernel is told of it at its first watch and never again: a
  /// request after that costs no system call.
  class Watched {
   public:
    Watched(HangupWatch& owner, int socket, HalfClosed half_closed)
        : owner_(owner), socket_(socket), half_closed_(half_closed) {}
    ~Watched();
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

   private:
    friend class HangupWatch;
    void control(int operation);
    void begin(std::function<void()> hung_up);
    void note();

    HangupWatch& owner_;
    const int socket_;
    const HalfClosed half_closed_;
    bool known_ = false;  ///< to the kernel
    bool noted_ = false;  ///< it has hung up, or was reset, and may have been told so to nobody
    std::function<void()> hung_up_;
  };

  /// Listens for as long as it lives; one at a time.
  class Watch {
   public:
    /// `hung_up` is called from the loop, at most once.
    Watch(Watched& watched, std::function<void()> hung_up) : watched_(watched) {
      watched_.begin(std::move(hung_up));
    }
    ~Watch() { watched_.hung_up_ = nullptr; }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    Watched& watched_;
  };

 private:
  void wait();
  void report();

  asio::posix::basic_stream_descriptor<LoopExecutor> epoll_;
  std::unordered_map<int, Watched*> watched_;
};

}  // namespace front_door
