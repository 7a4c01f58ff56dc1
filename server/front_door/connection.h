#pragma once
// One client: a coroutine that has a request read, has it answered, has the response sent, and waits for the
// next one. Knows no route. An idle client costs this object and a socket. Started by listener.h.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/front_door/door.h"
#include "server/front_door/peer.h"
#include "server/front_door/receiving.h"
#include "server/front_door/sending.h"
#include "server/front_door/timed_socket.h"

namespace front_door {

class Connection final : public Drainable, private Client {
 public:
  Connection(Door& door, Socket socket, Peer peer);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Serves until either side ends it; the coroutine owns the connection. Does not throw.
  static awaitable<> serve(std::unique_ptr<Connection> connection);

  void drain() override;

 private:
  /// A request under way, from its first byte to the last one of its response.
  struct Turn {
    explicit Turn(Door& door) : incoming(std::make_unique<Incoming>(door)) {}
    std::unique_ptr<Incoming> incoming;  ///< null once a stream is sent
    Exchange exchange;
    std::size_t body_memory = 0;
    std::function<void()> on_hangup;
    std::optional<HangupWatch::Watch> watch;  ///< while it is being answered
  };

  /// How what the application does for a client ended.
  enum class End { done, client_gone, content_lost, broken };

  awaitable<> run();
  awaitable<bool> serve_request(std::string_view bytes);
  void begin_turn();
  awaitable<> read_content() override;
  bool has_left() const override { return socket_.has_left(door_.limits.half_closed); }
  awaitable<bool> answer();
  bool begin_exchange();
  awaitable<bool> finish(awaitable<> reply);
  awaitable<End> until_hangup(awaitable<> work);
  void watch_for_hangup();
  awaitable<Ending> deliver();
  awaitable<Ending> send_stream();
  awaitable<bool> refuse(const Refusal& refusal);
  awaitable<> linger();

  void account();
  bool end(std::string_view why);

  Door& door_;
  TimedSocket socket_;
  std::optional<HangupWatch::Watched> watched_;  ///< until the end
  Account account_;                              ///< of the exchange
  Receiving receiving_;
  Sending sending_;
  Peer peer_;
  std::unique_ptr<Turn> turn_;
  std::string_view why_ = "error";
  bool fresh_ = true;     ///< has not sent a request yet
  bool lingers_ = false;  ///< is answered, and only waits for the client to notice
};

}  // namespace front_door
