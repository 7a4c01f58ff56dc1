#include "server/front_door/hangup_watch.h"

#include <sys/epoll.h>

#include <array>
#include <boost/system/system_error.hpp>
#include <utility>

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
    // What one client's end causes may be the end of another, so each is looked up when its turn comes.
    const auto found = watched_.find(events[i].data.fd);
    if (found != watched_.end()) found->second->note();
  }
}

HangupWatch::Watched::~Watched() {
  if (!known_) return;
  owner_.watched_.erase(socket_);
  control(EPOLL_CTL_DEL);
}

// By its edge: a client that has hung up while nobody listened wakes the loop once.
void HangupWatch::Watched::control(int operation) {
  epoll_event event{};
  event.events = EPOLLHUP | EPOLLERR | EPOLLET;
  if (half_closed_ == HalfClosed::leave) event.events |= EPOLLRDHUP;
  event.data.fd = socket_;
  if (owner_.epoll_.is_open()) ::epoll_ctl(owner_.epoll_.native_handle(), operation, socket_, &event);
}

// What was noted before is told again, and the kernel says whether it still holds.
void HangupWatch::Watched::begin(std::function<void()> hung_up) {
  hung_up_ = std::move(hung_up);
  if (!std::exchange(known_, true)) {
    owner_.watched_[socket_] = this;
    control(EPOLL_CTL_ADD);
  } else if (std::exchange(noted_, false)) {
    control(EPOLL_CTL_MOD);
  }
}

void HangupWatch::Watched::note() {
  noted_ = true;
  if (auto hung_up = std::exchange(hung_up_, nullptr)) hung_up();
}

}  // namespace front_door
