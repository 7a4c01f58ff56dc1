#pragma once
// A plain blocking HTTP/1.1 client on one socket, which can also do what no decent client does: raw bytes, a
// half close, a reset. Knows no route. Everything that waits throws std::runtime_error when its timeout
// passes.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/harness/patience.h"

namespace harness {

using Json = nlohmann::json;
using Fields = std::vector<std::pair<std::string, std::string>>;

struct HttpResponse {
  int status = 0;
  std::string version;  ///< "HTTP/1.1"
  std::string reason;   ///< the phrase of the status line
  Fields fields;        ///< in their order, names as sent
  std::string body;     ///< without its chunked framing

  /// The first field of that name in any case; "" where there is none.
  std::string_view field(std::string_view name) const;
  bool has(std::string_view name) const;
  /// The body as JSON; throws nlohmann's parse_error where it is none.
  Json json() const { return Json::parse(body); }
};

class HttpClient {
 public:
  /// Connects to 127.0.0.1. `timeout` holds for each single wait for the server.
  explicit HttpClient(std::uint16_t port, milliseconds timeout = std::chrono::seconds(20));
  /// Connects to 127.0.0.1 from another address of the loopback net: a client of its own for the server.
  static HttpClient from(const std::string& address, std::uint16_t port,
                         milliseconds timeout = std::chrono::seconds(20));
  /// Connects to a unix socket.
  explicit HttpClient(const std::string& unix_socket, milliseconds timeout = std::chrono::seconds(20));
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  HttpResponse get(std::string_view target, const Fields& fields = {});
  /// With `Content-Type: application/json`.
  HttpResponse post(std::string_view target, const Json& body, const Fields& fields = {});
  /// Host is always sent, Content-Length where there is a body; both unless `fields` has them.
  HttpResponse request(std::string_view method, std::string_view target, const Fields& fields = {},
                       std::string_view body = "");

  /// The first half of request(); the answer is then taken with read_response().
  void send_request(std::string_view method, std::string_view target, const Fields& fields = {},
                    std::string_view body = "");
  void send_post(std::string_view target, const Json& body, const Fields& fields = {});

  /// Bytes as they are. Returns false where the server has closed the connection.
  bool send(std::string_view bytes);

  /// The next whole response (1xx ones too). `to_head`: it answers HEAD, so it has no body whatever its
  /// fields say. Throws also where the connection ends before it is whole.
  HttpResponse read_response(bool to_head = false);
  /// The same, or nothing where the connection ended before the first byte.
  std::optional<HttpResponse> try_read_response(bool to_head = false);

  /// Waits until the server closes; true if it does so within `within` and without sending anything more.
  bool closed_by_server(milliseconds within = std::chrono::seconds(5));
  /// Everything that comes until the server closes.
  std::string read_to_end();

  void half_close();  ///< FIN; reading goes on
  void reset();       ///< RST, and the socket is gone
  void close();       ///< FIN, and the socket is gone
  bool is_open() const { return socket_ >= 0; }
  int descriptor() const { return socket_; }

 private:
  HttpClient(std::uint16_t port, milliseconds timeout, std::uint32_t from);
  enum class Received { bytes, end };
  Received receive();
  std::string read_until(std::string_view mark);
  std::string read_exactly(std::size_t size);
  std::string read_chunks();

  int socket_ = -1;
  milliseconds timeout_;
  std::string buffer_;
};

}  // namespace harness
