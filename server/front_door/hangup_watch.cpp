#include "server/front_door/hangup_watch.h"

#include <sys/epoll.h>

#include <array>
#include <boost/system/system_error.hpp>

namespace front_door {

HangupWatch::HangupWatch(Loop& loop) : epoll_(loop.get_executor()) {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw boost::system::system_error(errno, boost::system::system_category(), "epoll_create1");
  epoll_.assign(fd);
  wait();
}

void HangupWatch::wait() {
  epoll_.async_wait(asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    report();
    wait();
  });
}

void HangupWatch::report() {
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(epoll_.native_handle(), events.data(), events.size(), 0);
  for (int i = 0; i < count; ++i) {
    // What one client's end causes may end the watch of another, so each is looked up when its turn comes.
    const auto found = watched_.find(events[i].data.fd);
    if (found == watched_.end() || !found->second) continue;
    const auto hung_up = std::move(found->second);
    found->second = nullptr;
    hung_up();
  }
}

HangupWatch::Watch::Watch(HangupWatch& owner, int socket, std::function<void()> hung_up,
                          HalfClosed half_closed)
    : owner_(owner), socket_(socket) {
  owner_.watched_[socket] = std::move(hung_up);
  epoll_event event{};
  event.events = EPOLLHUP | EPOLLERR | EPOLLONESHOT;
  if (half_closed == HalfClosed::leave) event.events |= EPOLLRDHUP;
  event.data.fd = socket;
  ::epoll_ctl(owner_.epoll_.native_handle(), EPOLL_CTL_ADD, socket, &event);
}

HangupWatch::Watch::~Watch() {
  owner_.watched_.erase(socket_);
  if (owner_.epoll_.is_open()) ::epoll_ctl(owner_.epoll_.native_handle(), EPOLL_CTL_DEL, socket_, nullptr);
}

}  // namespace front_door
