#pragma once
// What all connections of one server share: limits, the lists of deadlines, the counters, the buffer
// for reading.
// Knows no protocol. Made once in main, used by listener.h and connection.h.

#include <array>
#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "server/front_door/deadline_list.h"
#include "server/front_door/exchange.h"
#include "server/front_door/hangup_watch.h"
#include "server/front_door/limits.h"
#include "server/front_door/peer.h"
#include "server/loop/scratch.h"
#include "server/loop/size_limits.h"
#include "server/loop/turns.h"

namespace front_door {

/// Counts since the start, and levels now.
struct DoorCounts {
  std::size_t open = 0;
  std::size_t lingering = 0;  ///< of these, answered and about to close
  std::uint64_t accepted = 0;
  std::map<std::string_view, std::uint64_t> closed;  ///< by why
  std::size_t buffered = 0;                          ///< bytes of requests and responses in memory
  /// Of those that are Door::is_limited(), how many are open, by Peer::group.
  std::map<std::string, std::size_t, std::less<>> per_address;
};

/// Something that main can ask to leave when the server drains.
struct Drainable
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  /// Ends at once where it is idle; otherwise ends by itself after what it is doing.
  virtual void drain() = 0;

 protected:
  ~Drainable() = default;
};

/// What one part of a connection holds in memory, as a share of DoorCounts::buffered.
class Account {
 public:
  explicit Account(DoorCounts& counts) : counts_(counts) {}
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;
  ~Account() { set(0); }

  void set(std::size_t held) {
    counts_.buffered += held - held_;
    held_ = held;
  }

 private:
  DoorCounts& counts_;
  std::size_t held_ = 0;
};

/// A large response on its way, whose client may be too slow for the memory that it takes.
class LargeResponse
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  /// Bytes a second that the client took up to now; infinity for one that has not been waited for long.
  virtual double rate() const = 0;
  /// Breaks it off; its memory is counted no more.
  virtual void cut() = 0;

 protected:
  ~LargeResponse() = default;
};

/// "keep-alive", and how long a client may wait with its next request.
std::string keep_alive_field(const Limits& limits);

/// How long a client may take over each thing.
struct Deadlines {
  Deadlines(Loop& loop, const Limits& limits)
      : idle(loop, limits.idle_timeout),
        header(loop, limits.header_timeout),
        body(loop, limits.body_timeout),
        write(loop, limits.write_timeout),
        linger(loop, Milliseconds{2000}),
        last_call(loop, Milliseconds{250}) {}

  DeadlineList idle, header, body, write, linger, last_call;
};

struct Door {
  Door(Loop& loop, const Limits& limits, Application& application, loop::Scratch& scratch)
      : loop(loop),
        limits(limits),
        keep_alive(keep_alive_field(limits)),
        application(application),
        scratch(scratch),
        deadlines(loop, limits),
        hangups(loop),
        turns(loop) {}

  Loop& loop;
  const Limits limits;
  const std::string keep_alive;  ///< see Exchange::keep_alive, for a client that asks for it
  Application& application;
  loop::Scratch& scratch;
  Deadlines deadlines;
  HangupWatch hangups;
  DoorCounts counts;
  bool draining = false;
  boost::intrusive::list<Drainable, boost::intrusive::constant_time_size<false>> connections;
  boost::intrusive::list<LargeResponse, boost::intrusive::constant_time_size<false>> large_responses;
  std::function<bool(const std::string&)> stands_for_many;  ///< whether this address is a trusted proxy's
  std::function<void()> on_room;                            ///< a connection has ended
  Turns turns;  ///< of long contents and responses; goes before what they use

  /// One read's bytes. Shared, since nothing suspends between a read and the end of its parse.
  std::array<char, kBytesPerTurn> read_buffer;

  /// At max_connections: ends the connection that is worth least, soon. False where all are being served.
  bool make_room();

  /// Count a connection, as it begins and ends.
  void has_come(const Peer& peer);
  void has_gone(const Peer& peer, std::string_view why);

  /// Whether max_connections_per_ip holds for this client.
  bool is_limited(const Peer& peer) const;

  /// False where all buffers together hold more than they may, although the slowest large responses were cut;
  /// and the refusal for that.
  bool has_memory();
  Refusal no_memory() const;

  /// From now on idle connections are closed and every response says Connection: close.
  void drain();
};

}  // namespace front_door
