#include "server/front_door/sending.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>

#include "server/loop/size_limits.h"

namespace front_door {
namespace {

// Until then nobody is too slow.
constexpr std::chrono::seconds kSlowAfter{1};

struct Taken {
  ssize_t count = 0;
  int error = 0;
};

// As much as the socket takes and one call may bring. What comes before an error counts.
Taken send_part_of_file(int socket, int file, std::size_t offset, std::size_t most) {
  Taken taken;
  const auto until = Clock::now() + kMovedWithin;
  do {
    const auto done = static_cast<std::size_t>(taken.count);
    const auto count = send_some_of_file(socket, file, offset + done, std::min(kBytesPerCall, most - done));
    if (count <= 0) return taken.count > 0 ? taken : Taken{count, errno};
    taken.count += count;
  } while (static_cast<std::size_t>(taken.count) < most && Clock::now() < until);
  return taken;
}

}  // namespace

void Sending::begin() {
  sent_ = 0;
  waited_ = {};
  why_ = {};
}

bool Sending::fail(std::string_view why) {
  why_ = why;
  return false;
}

awaitable<bool> Sending::writable() {
  door_.deadlines.write.join(socket_);
  waits_since_ = Clock::now();
  const bool in_time = co_await socket_.wait(Socket::wait_write);
  socket_.leave();
  waited_ += Clock::now() - *waits_since_;
  waits_since_.reset();
  if (is_cut_) co_return fail("buffers_full");
  if (!in_time) co_return fail(socket_.late() ? "write_timeout" : "client_reset");
  if (is_too_slow()) co_return fail("too_slow");
  co_return true;
}

// A slow reader may take its time, but not for ever: what it is waited for beyond the time that a silent one
// has must bring something.
bool Sending::is_too_slow() const {
  const std::chrono::duration<double> beyond = waited_ - door_.limits.write_timeout;
  return beyond.count() * static_cast<double>(door_.limits.min_rate) > static_cast<double>(sent_);
}

double Sending::rate() const {
  std::chrono::duration<double> waited = waited_;
  if (waits_since_) waited += Clock::now() - *waits_since_;
  if (waited < kSlowAfter) return std::numeric_limits<double>::infinity();
  return static_cast<double>(sent_) / waited.count();
}

void Sending::cut() {
  is_cut_ = true;
  account_.set(0);
  socket_.stop();
}

awaitable<bool> Sending::send(Parts parts) {
  const auto size = parts.size();
  std::size_t done = 0;
  if (size > kBytesPerTurn) co_await door_.turns.next();
  while (done < size) {
    const auto count = send_some(socket_.descriptor(), parts, done);
    if (count > 0) {
      done += static_cast<std::size_t>(count);
      sent_ += static_cast<std::size_t>(count);
      if (done < size) co_await door_.turns.next();
    } else if (count < 0 && errno == EAGAIN) {
      const bool goes_on = co_await writable();
      if (!goes_on) co_return false;
    } else {
      co_return fail("client_reset");
    }
    if (is_cut_) co_return fail("buffers_full");
  }
  co_return true;
}

// What is not in memory any more comes from the disk, so a thread beside the loop fetches it.
awaitable<bool> Sending::send_file(const FileContent& file) {
  auto offset = file.offset;
  const auto end = file.offset + file.size;
  while (offset < end) {
    const auto most = std::min(kMovedPerCall, end - offset);
    auto work = [socket = socket_.descriptor(), from = file.fd.get(), offset, most] {
      return send_part_of_file(socket, from, offset, most);
    };
    const auto taken = co_await door_.scratch.threads().call(work);
    if (taken.count > 0) {
      offset += static_cast<std::size_t>(taken.count);
      sent_ += static_cast<std::size_t>(taken.count);
    } else if (taken.count < 0 && taken.error == EAGAIN) {
      const bool goes_on = co_await writable();
      if (!goes_on) co_return false;
    } else {
      co_return fail(taken.count == 0 ? "file_too_short" : "client_reset");
    }
  }
  co_return true;
}

void Sending::release(FileContent& file) {
  door_.scratch.close(std::move(file.fd));
}

// Closing a socket with unread bytes resets it, and the reset can overtake the response: so the client gets a
// FIN and some time to notice it first.
awaitable<> Sending::linger() {
  if (::shutdown(socket_.descriptor(), SHUT_WR) != 0) co_return;
  door_.deadlines.linger.join(socket_);
  ++door_.counts.lingering;
  auto& buffer = door_.read_buffer;
  for (std::size_t read = 0; read < kMaxLingering && !socket_.late();) {
    const auto count = ::recv(socket_.descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) break;
    if (count > 0) {
      read += static_cast<std::size_t>(count);
      co_await door_.turns.next();
    } else {
      const bool in_time = co_await socket_.wait(Socket::wait_read);
      if (!in_time) break;
    }
  }
  socket_.leave();
  --door_.counts.lingering;
}

awaitable<> SentParts::write(std::string_view bytes) {
  if (bytes.empty()) co_return;  // in chunks that would be the end
  const auto size = chunked_ ? fmt::format("{:x}\r\n", bytes.size()) : std::string();
  const Parts parts{size, bytes, chunked_ ? "\r\n" : ""};
  const bool sent = co_await sending_.send(parts);
  if (!sent) throw boost::system::system_error(asio::error::operation_aborted);
}

awaitable<bool> SentParts::finish() {
  const Parts last{chunked_ ? "0\r\n\r\n" : ""};
  co_return co_await sending_.send(last);
}

}  // namespace front_door
