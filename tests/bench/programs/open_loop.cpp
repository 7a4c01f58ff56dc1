#include "open_loop.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <deque>
#include <memory>
#include <system_error>

#include "response_reader.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::size_t kReadSize = 256 * 1024;

struct Connection {
  int descriptor = -1;
  bool busy = false;
  Clock::time_point due;  // when the request in flight should have left
  std::size_t sent = 0;
  ResponseReader response;
};

class OpenLoop {
 public:
  explicit OpenLoop(const Load& load)
      : load_(load), epoll_(check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
    samples_.reserve(total());
    for (unsigned i = 0; i < load.connections; ++i) {
      connections_.push_back(std::make_unique<Connection>());
      idle_.push_back(connections_.back().get());
    }
  }
  ~OpenLoop() {
    for (auto& connection : connections_) hang_up(*connection);
    close(epoll_);
  }
  OpenLoop(const OpenLoop&) = delete;
  OpenLoop& operator=(const OpenLoop&) = delete;

  std::vector<Sample> run() {
    start_ = Clock::now();
    const auto end = due(total()) + to_nanoseconds(load_.patience);
    while (samples_.size() < total()) {
      const auto now = Clock::now();
      if (now >= end) break;
      while (next_ < total() && due(next_) <= now) waiting_.push_back(due(next_++));
      send_waiting();
      wait_until(next_ < total() ? due(next_) : end);
    }
    give_up();
    return std::move(samples_);
  }

 private:
  static int check(int result, const char* what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
  }
  static nanoseconds to_nanoseconds(double seconds) {
    return nanoseconds(static_cast<long long>(seconds * 1e9));
  }

  std::size_t total() const { return static_cast<std::size_t>(load_.rate * load_.seconds); }
  Clock::time_point due(std::size_t index) const {
    return start_ + to_nanoseconds(static_cast<double>(index) / load_.rate);
  }

  void send_waiting() {
    while (!waiting_.empty() && !idle_.empty()) {
      Connection& connection = *idle_.front();
      idle_.pop_front();
      begin(connection, waiting_.front());
      waiting_.pop_front();
    }
  }

  void begin(Connection& connection, Clock::time_point due) {
    connection.busy = true;
    connection.due = due;
    connection.sent = 0;
    connection.response.reset();
    if (connection.descriptor < 0 && !connect_to_server(connection)) return finish(connection, 0);
    write_request(connection);
  }

  bool connect_to_server(Connection& connection) {
    const int descriptor = check(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto* address = reinterpret_cast<const sockaddr*>(&load_.server);
    if (connect(descriptor, address, sizeof load_.server) != 0 && errno != EINPROGRESS) {
      close(descriptor);
      return false;
    }
    connection.descriptor = descriptor;
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &connection}};
    check(epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
    return true;
  }

  void write_request(Connection& connection) {
    while (connection.sent < load_.request.size()) {
      const auto written = send(connection.descriptor, load_.request.data() + connection.sent,
                                load_.request.size() - connection.sent, MSG_NOSIGNAL);
      if (written < 0) return;  // anything but a full buffer shows as the stream's end when it is read
      connection.sent += static_cast<std::size_t>(written);
    }
  }

  void read_response(Connection& connection) {
    for (;;) {
      const auto count = recv(connection.descriptor, buffer_.data(), buffer_.size(), 0);
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) {
        const bool whole = count == 0 && connection.response.end_of_stream();
        hang_up(connection);
        if (connection.busy) finish(connection, whole ? connection.response.status() : 0);
        return;
      }
      if (!connection.busy) continue;
      if (!connection.response.feed({buffer_.data(), static_cast<std::size_t>(count)})) continue;
      const bool usable = connection.response.keeps_alive() && !connection.response.broken() &&
                          connection.sent == load_.request.size();
      if (!usable) hang_up(connection);
      finish(connection, connection.response.broken() ? 0 : connection.response.status());
      if (!usable) return;
    }
  }

  void hang_up(Connection& connection) {
    if (connection.descriptor >= 0) close(connection.descriptor);
    connection.descriptor = -1;
  }

  void record(int status, Clock::time_point due) {
    using Seconds = std::chrono::duration<double>;
    const auto now = Clock::now();
    samples_.push_back({status, Seconds(now - due).count() * 1e3, Seconds(now - start_).count()});
  }

  void finish(Connection& connection, int status) {
    record(status, connection.due);
    connection.busy = false;
    idle_.push_back(&connection);
  }

  void wait_until(Clock::time_point when) {
    const auto left = std::max(nanoseconds(0), nanoseconds(when - Clock::now()));
    const timespec timeout{.tv_sec = left.count() / 1'000'000'000, .tv_nsec = left.count() % 1'000'000'000};
    std::array<epoll_event, 64> events;
    const int count = epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
    if (count < 0 && errno != EINTR) check(count, "epoll_pwait2");
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      if (connection.descriptor < 0) continue;
      if (connection.busy && (events[i].events & EPOLLOUT)) write_request(connection);
      if (events[i].events & ~static_cast<unsigned>(EPOLLOUT)) read_response(connection);
    }
  }

  /// What is still open when patience ends counts as unanswered, with the time it has waited so far.
  void give_up() {
    for (auto& connection : connections_) {
      if (connection->busy) record(0, connection->due);
    }
    for (auto due : waiting_) record(0, due);
  }

  const Load& load_;
  int epoll_;
  Clock::time_point start_;
  std::size_t next_ = 0;  // index of the next request to become due
  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<Connection*> idle_;
  std::deque<Clock::time_point> waiting_;  // due, but not yet on a connection
  std::vector<Sample> samples_;
  std::vector<char> buffer_ = std::vector<char>(kReadSize);
};

}  // namespace

std::vector<Sample> send_open_loop(const Load& load) {
  return OpenLoop(load).run();
}

}  // namespace bench
