#pragma once
// The way of a response to its client: how bytes and files come to the kernel, no more of them in a turn than
// others can wait for, and how the client gets time to notice the end. Knows no request. Used by
// connection.h.

#include <cstddef>
#include <optional>
#include <string_view>

#include "server/front_door/door.h"
#include "server/front_door/send_some.h"
#include "server/front_door/timed_socket.h"

namespace front_door {

class Sending final : public LargeResponse {
 public:
  /// `account` is the response's.
  Sending(Door& door, TimedSocket& socket, Account& account)
      : door_(door), socket_(socket), account_(account) {}

  /// Begins to count anew what is sent.
  void begin();
  std::size_t sent() const { return sent_; }

  /// Suspends until the kernel has all of it. False where it will not, and why() says the word for that: the
  /// client has left, makes no progress (--write-timeout), or not enough (--min-rate).
  awaitable<bool> send(Parts parts);
  /// The same; false also where the file is shorter than it says.
  awaitable<bool> send_file(const FileContent& file);

  /// Closes the file on the thread for files: to free what it was takes the kernel longer than the loop has
  /// time.
  void release(FileContent& file);
  std::string_view why() const { return why_; }

  /// Says that nothing follows, and suspends until the client has noticed. What it still sends is thrown
  /// away.
  awaitable<> linger();

  double rate() const override;
  void cut() override;

 private:
  awaitable<bool> writable();
  bool is_too_slow() const;
  bool fail(std::string_view why);

  Door& door_;
  TimedSocket& socket_;
  Account& account_;
  std::size_t sent_ = 0;
  Clock::duration waited_{};  ///< for the client to read
  std::optional<Clock::time_point> waits_since_;
  bool is_cut_ = false;
  std::string_view why_;
};

/// The parts of one response's content, as its Stream writes them.
class SentParts final : public ReplyStream {
 public:
  SentParts(Sending& sending, bool chunked) : sending_(sending), chunked_(chunked) {}

  awaitable<> write(std::string_view bytes) override;
  /// Ends the content. False as Sending::send().
  awaitable<bool> finish();

 private:
  Sending& sending_;
  const bool chunked_;
};

}  // namespace front_door
