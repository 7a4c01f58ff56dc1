#pragma once
// One client: a coroutine that reads a request, has it answered, writes the response, and waits for the next
// one. Knows no route. An idle client costs this object and a socket. Started by listener.h.

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/front_door/door.h"
#include "server/front_door/request_reader.h"

namespace front_door {

using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, LoopExecutor>;

struct Peer {
  std::string address;
  int port = 0;
};

class Connection final : public DeadlineList::Member, public Drainable, private Client {
 public:
  Connection(Door& door, Socket socket, Peer peer);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Serves until either side ends it; the coroutine owns the connection. Does not throw.
  static awaitable<> serve(std::unique_ptr<Connection> connection);

  void expired() override;
  void drain() override;

 private:
  using Step = RequestReader::Step;

  /// A request under way, from its first byte to the last one of its response.
  struct Turn {
    explicit Turn(const Limits& limits) : reader(limits) {}
    RequestReader reader;
    Exchange exchange;
    Step step = Step::need_head;
    std::optional<Refusal> refusal;  ///< why the rest of it is not read
    std::function<void()> on_hangup;
    std::optional<HangupWatch::Watch> watch;  ///< while it is being answered
  };

  awaitable<> run();
  awaitable<std::string_view> first_bytes();
  awaitable<bool> wait(Socket::wait_type what);
  awaitable<bool> read_rest();
  awaitable<bool> read_body();
  awaitable<bool> read_more(std::string_view too_late);
  awaitable<> read_content() override;
  bool has_left() const override;
  awaitable<bool> answer();
  bool begin_exchange();
  awaitable<bool> finish(awaitable<> reply);
  void watch_for_hangup();
  awaitable<bool> refuse(const Refusal& refusal);
  Refusal no_room() const;
  awaitable<bool> send(std::string_view head, std::string_view body);
  awaitable<> linger();

  bool receive();
  void take(std::string_view bytes);
  bool has_unread();
  bool over_budget();
  void account();
  bool end(std::string_view why);

  Door& door_;
  Socket socket_;
  Peer peer_;
  std::array<char, 1024> first_;  ///< where a request begins; all that an idle client has for it
  std::string received_;  ///< bytes of the request under way, or of pipelined ones, that no parser has taken
  std::unique_ptr<Turn> turn_;
  std::size_t accounted_ = 0;
  std::size_t sent_ = 0;
  std::string_view why_ = "error";
  bool fresh_ = true;     ///< has not sent a request yet
  bool lingers_ = false;  ///< is answered, and only waits for the client to notice
  bool late_ = false;
};

}  // namespace front_door
