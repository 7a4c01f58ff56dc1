#pragma once
// The way of a response to its client: how bytes and files come to the kernel, no more of them in a turn than
// others can wait for, and how the client gets time to notice the end. Knows no request. Used by
// connection.h.

#include <cstddef>

#include "server/front_door/door.h"
#include "server/front_door/send_some.h"
#include "server/front_door/timed_socket.h"

namespace front_door {

class Sending {
 public:
  Sending(Door& door, TimedSocket& socket) : door_(door), socket_(socket) {}

  /// Begins to count anew what is sent.
  void begin() { sent_ = 0; }
  std::size_t sent() const { return sent_; }

  /// Suspends until the kernel has all of it. False where the client has left, or was late(). A slow reader
  /// may take its time, a dead one may not: the deadline is for progress.
  awaitable<bool> send(Parts parts);
  /// The same; false also where the file is shorter than it says.
  awaitable<bool> send_file(const FileContent& file);

  /// Says that nothing follows, and suspends until the client has noticed. What it still sends is thrown
  /// away.
  awaitable<> linger();

 private:
  awaitable<bool> writable();

  Door& door_;
  TimedSocket& socket_;
  std::size_t sent_ = 0;
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
