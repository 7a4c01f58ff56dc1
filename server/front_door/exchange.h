#pragma once
// One request and its response as values, and the Application that turns the one into the other.
// Knows no socket and no route: it is what connection.h hands inwards and gets back.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/front_door/refusal.h"
#include "server/loop/loop.h"
#include "server/loop/scratch.h"
#include "server/loop/unique_fd.h"

namespace front_door {

/// How much content a request may have, in bytes, and where the content may lie.
struct ContentTerms {
  std::size_t most = 0;                  ///< 413 beyond
  bool may_spool = false;                ///< above kInMemory the content goes to an unlinked file
  std::string limited_by{"--max-body"};  ///< the name of `most`, for whoever goes beyond
};

/// A request's content in an unlinked file, whose offset is 0. No descriptor where the content is in memory.
struct SpooledContent {
  SpooledContent() = default;
  SpooledContent(loop::UniqueFd file, std::size_t bytes) : fd(std::move(file)), size(bytes) {}
  SpooledContent(SpooledContent&&) = default;
  SpooledContent& operator=(SpooledContent&&) = default;
  ~SpooledContent() { share.close(std::move(fd)); }

  loop::UniqueFd fd;
  std::size_t size = 0;
  loop::Scratch::Share share;  ///< of --max-scratch: to be kept for as long as anybody uses the file
};

/// A response's content in a file: `size` bytes from `offset`. They must not shrink before they are sent.
struct FileContent {
  loop::UniqueFd fd;
  std::size_t offset = 0;
  std::size_t size = 0;
};

/// Writes a response's content in parts. Implemented by the door.
class ReplyStream {
 public:
  /// Suspends until the kernel has all of `bytes`: while the client does not read. Throws operation_aborted,
  /// as in any cancelled coroutine, where the client has left or is too slow.
  virtual awaitable<> write(std::string_view bytes) = 0;

 protected:
  ~ReplyStream() = default;
};

/// Writes the content after the head is sent; its return is the content's end. In chunks on HTTP/1.1, up to
/// the close on 1.0; not run for HEAD. Cancelled where the client leaves.
using Stream = std::function<awaitable<>(ReplyStream&)>;

/// Thrown by a Stream: the response is broken off, so that the client sees that it is not whole.
struct StreamBroken {
  std::string_view reason;  ///< the word for the log; lives as long as the server
};

/// A request that passed every check of RFC 9112: whole, bounded, unambiguous.
struct Request {
  std::string method;  ///< one that RFC 9110 defines, or PATCH
  std::string target;  ///< origin-form ("/path?query"), or "*" for OPTIONS
  /// Fields as they came, without those that end at this hop (Connection and what it names, framing, Expect).
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  SpooledContent file;       ///< the content where that was spooled; then `body` is empty
  std::string peer_address;  ///< "127.0.0.1", "::1", or "unix"
  int peer_port = 0;
  int minor_version = 1;  ///< HTTP/1.0 or HTTP/1.1

  /// The first field of that name in any case; "" where there is none.
  std::string_view field(std::string_view name) const;
  /// Bytes of memory that it takes.
  std::size_t memory() const;
};

/// Bytes for the wire. `head` is the status line and all fields with the empty line. The content follows:
/// `body`, `kept_body`, `file` or what `stream` writes.
struct Response {
  int status = 0;
  std::string head;
  std::string body;
  std::string_view kept_body{};  ///< instead of `body`, where set: bytes that live as long as the server
  FileContent file{};
  Stream stream{};

  std::string_view content() const { return kept_body.data() ? kept_body : std::string_view(body); }
};

/// What the application keeps about a request; it lives as long as the exchange.
struct ApplicationState {
  virtual ~ApplicationState() = default;
};

/// The client, as far as the application may use it. Implemented by connection.h.
class Client {
 public:
  /// Suspends until the content is whole, in `exchange.request.body` or `.file`. Asks for it with 100
  /// (Continue) where the client waits for that. Throws ContentLost.
  virtual awaitable<> read_content() = 0;

  /// Whether it has hung up, for work that keeps the loop from hearing of it.
  virtual bool has_left() const = 0;

 protected:
  ~Client() = default;
};

/// The content will never be whole: its client left, was too slow, or broke a rule. Whoever waits for it ends
/// by this; the door says what there is to say. Not a std::exception, since nothing went wrong here.
struct ContentLost {};

struct Exchange {
  Request request;
  Response response;
  std::unique_ptr<ApplicationState> state;
  Clock::time_point received;      ///< when the request was complete; until then, when its head was
  Client* client = nullptr;        ///< outlives the exchange
  bool has_content = true;         ///< false while the client waits to be asked for it: Expect: 100-continue
  bool client_keeps_alive = true;  ///< what the client's version and Connection field ask for
  const bool* draining = nullptr;  ///< the door's own state
  std::string_view keep_alive{};   ///< the Connection field where it stays open, and Keep-Alive with it
  std::string_view end_reason{};   ///< the word for any Ending but sent: of StreamBroken, or the door's
  /// Whether the response may leave the connection open; asked when its head is formed.
  bool keeps_alive() const { return client_keeps_alive && !(draining && *draining); }

  /// The whole content of the request: there already, or asked for. A reply without it costs the client the
  /// connection, but not the content. Empty where it was spooled: see `request.file`. Throws ContentLost.
  awaitable<std::string_view> content();
};

/// How an exchange ended, for the one who keeps the log.
enum class Ending { sent, client_gone, write_failed, broken_off };

/// What answers requests. All calls come from the loop.
class Application {
 public:
  virtual ~Application() = default;

  /// Asked once for each request that has content, when its head is complete. Takes microseconds and does not
  /// throw.
  virtual ContentTerms terms(const Request& head) = 0;

  /// Fills `exchange.response` at once and returns nothing, or returns what will fill it in its own time.
  /// That is cancelled where the client leaves, and may throw ContentLost. Takes microseconds and does not
  /// throw.
  virtual std::optional<awaitable<>> respond(Exchange& exchange) = 0;

  /// Has `exchange.response`, which cannot be sent, replaced by a refusal.
  virtual void withdraw(Exchange& exchange, const Refusal& refusal) = 0;

  /// Called once for every exchange that was given to respond(), but for those whose content was lost.
  /// `bytes` went out.
  virtual void ended(Exchange& exchange, Ending ending, std::size_t bytes) = 0;

  /// Called for an exception that the application let out, which should never happen. The exchange ends by
  /// it.
  virtual void report(const Exchange& exchange, std::string_view what) = 0;

  /// Called where the client left in the midst of its content, so that nothing is answered.
  virtual void lost(const Request& request) = 0;

  /// Called for what the door answers by itself; `request` holds what could be read of it. The response,
  /// which is returned, has the same id as its log line.
  virtual std::string refuse(const Request& request, const Refusal& refusal) = 0;
};

}  // namespace front_door
