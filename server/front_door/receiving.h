#pragma once
// The way of requests from one client: waits for each, within its deadlines, and has request_reader.h read
// it; has long contents spooled. Answers nothing. Used by connection.h.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/front_door/door.h"
#include "server/front_door/request_reader.h"
#include "server/front_door/spool.h"
#include "server/front_door/timed_socket.h"

namespace front_door {

/// A request on its way in.
struct Incoming {
  explicit Incoming(Door& door) : reader(door.limits, door.application) {}

  RequestReader reader;
  RequestReader::Step step = RequestReader::Step::need_head;
  std::unique_ptr<Spool> spool;
  std::optional<Refusal> refusal;  ///< why the rest of it is not read
};

class Receiving {
 public:
  Receiving(Door& door, TimedSocket& socket) : door_(door), socket_(socket), account_(door.counts) {}

  /// Suspends while the client is idle. The beginning of its next request; empty where none comes, see why().
  /// Valid until the next call.
  awaitable<std::string_view> first_bytes();

  /// Reads as much of `request` as `bytes`, and what was left over before, hold.
  void parse(Incoming& request, std::string_view bytes);

  /// Suspends until the head is whole, and the content as well where the client does not wait to be asked for
  /// it. False where `request.refusal` says why not, or the connection is over.
  awaitable<bool> read(Incoming& request);
  awaitable<bool> read_content(Incoming& request);

  /// Bytes that follow the last request are here already.
  bool has_more() const { return !received_.empty(); }
  /// Moves the whole content. Its memory is the caller's to account for from now on: so many bytes.
  std::size_t hand_over(Incoming& request, Request& to);
  /// Frees memory that nobody needs: after a request, or after the last one.
  void shrink();
  void forget();
  /// No request is awaited for a while.
  void rest() { first_.reset(); }

  /// The word for how the connection ended, where it did.
  std::string_view why() const { return why_; }

 private:
  bool receive(Incoming& request);
  awaitable<bool> readable(Incoming& request, std::string_view too_late);
  awaitable<bool> read_more(Incoming& request, std::string_view too_late);
  bool must_spool(const Incoming& request) const;
  awaitable<bool> spool(Incoming& request);
  awaitable<bool> spool_rest(Incoming& request, std::size_t length);
  void earn_time(const Spool& spool, std::size_t before);
  void account(const Incoming& request);
  bool refuse(Incoming& request, Refusal refusal);
  bool end(std::string_view why);

  Door& door_;
  TimedSocket& socket_;
  using First = std::array<char, 1024>;
  std::unique_ptr<First> first_;  ///< where a request begins; all that an idle client has for it
  std::string received_;  ///< bytes of the request under way, or of pipelined ones, that no parser has taken
  Account account_;
  std::string_view why_ = "error";
};

}  // namespace front_door
