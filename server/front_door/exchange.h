#pragma once
// One request and its response as values, and the Application that turns the one into the other.
// Knows no socket and no route: it is what connection.h hands inwards and gets back.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/front_door/refusal.h"
#include "server/loop/loop.h"

namespace front_door {

/// A request that passed every check of RFC 9112: whole, bounded, unambiguous.
struct Request {
  std::string method;  ///< one that RFC 9110 defines, or PATCH
  std::string target;  ///< origin-form ("/path?query"), or "*" for OPTIONS
  /// Fields as they came, without those that end at this hop (Connection and what it names, framing, Expect).
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  std::string peer_address;  ///< "127.0.0.1", "::1", or "unix"
  int peer_port = 0;
  int minor_version = 1;  ///< HTTP/1.0 or HTTP/1.1

  /// The first field of that name in any case; "" where there is none.
  std::string_view field(std::string_view name) const;
};

/// Bytes for the wire. `head` is the status line and all fields with the empty line; `body` follows it as it
/// is.
struct Response {
  int status = 0;
  std::string head;
  std::string body;
  std::string_view kept_body{};  ///< instead of `body`, where set: bytes that live as long as the server

  std::string_view content() const { return kept_body.data() ? kept_body : std::string_view(body); }
};

/// What the application keeps about a request; it lives as long as the exchange.
struct ApplicationState {
  virtual ~ApplicationState() = default;
};

/// The client, as far as the application may use it. Implemented by connection.h.
class Client {
 public:
  /// Suspends until `exchange.request.body` is whole. Asks for it with 100 (Continue) where the client waits
  /// for that. Throws ContentLost.
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
  /// Whether the response may leave the connection open; asked when its head is formed.
  bool keeps_alive() const { return client_keeps_alive && !(draining && *draining); }

  /// The whole content of the request: there already, or asked for. A reply without it costs the client the
  /// connection, but not the content. Throws ContentLost.
  awaitable<std::string_view> content();
};

/// How an exchange ended, for the one who keeps the log.
enum class Ending { sent, client_gone, write_failed };

/// The inside of the house. All calls come from the loop.
class Application {
 public:
  virtual ~Application() = default;

  /// Fills `exchange.response` at once and returns nothing, or returns what will fill it in its own time.
  /// That is cancelled where the client leaves, and may throw ContentLost. Takes microseconds and does not
  /// throw.
  virtual std::optional<awaitable<>> respond(Exchange& exchange) = 0;

  /// Has `exchange.response`, which cannot be sent, replaced by a refusal.
  virtual void take_back(Exchange& exchange, const Refusal& refusal) = 0;

  /// Called once for every exchange that was given to respond(), but for those whose content was lost.
  /// `bytes` went out.
  virtual void ended(Exchange& exchange, Ending ending, std::size_t bytes) = 0;

  /// Called for what the door answers by itself; `request` holds what could be read of it. The response,
  /// which is returned, has the same id as its log line.
  virtual std::string refuse(const Request& request, const Refusal& refusal) = 0;
};

}  // namespace front_door
