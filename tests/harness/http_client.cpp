#include "tests/harness/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace harness {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool has_field(const Fields& fields, std::string_view name) {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const auto& field) { return same_name(field.first, name); });
}

std::string_view trimmed(std::string_view text) {
  const auto start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

int connected_socket(int family, const sockaddr* address, socklen_t size, const sockaddr_in* own = nullptr) {
  const int descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0 || (own && bind(descriptor, reinterpret_cast<const sockaddr*>(own), sizeof *own) != 0) ||
      connect(descriptor, address, size) != 0) {
    const int reason = errno;
    if (descriptor >= 0) ::close(descriptor);
    throw std::system_error(reason, std::generic_category(), "connect");
  }
  return descriptor;
}

HttpResponse parse_head(std::string_view head) {
  HttpResponse response;
  auto line_end = head.find("\r\n");
  const std::string_view status_line = head.substr(0, line_end);
  if (!status_line.starts_with("HTTP/1.") || status_line.size() < 13) {
    throw std::runtime_error("no status line: " + std::string(status_line));
  }
  response.version = status_line.substr(0, 8);
  response.status = std::stoi(std::string(status_line.substr(9, 3)));
  response.reason = status_line.substr(13);
  head.remove_prefix(line_end + 2);
  while (!head.starts_with("\r\n")) {
    line_end = head.find("\r\n");
    const std::string_view line = head.substr(0, line_end);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) throw std::runtime_error("no field line: " + std::string(line));
    response.fields.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
    head.remove_prefix(line_end + 2);
  }
  return response;
}

}  // namespace

std::string_view HttpResponse::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (same_name(key, name)) return value;
  }
  return {};
}

bool HttpResponse::has(std::string_view name) const {
  return has_field(fields, name);
}

HttpClient::HttpClient(std::uint16_t port, milliseconds timeout) : HttpClient(port, timeout, INADDR_ANY) {}

HttpClient HttpClient::from(const std::string& address, std::uint16_t port, milliseconds timeout) {
  in_addr from{};
  if (inet_pton(AF_INET, address.c_str(), &from) != 1) throw std::invalid_argument("no address: " + address);
  return {port, timeout, from.s_addr};
}

HttpClient::HttpClient(std::uint16_t port, milliseconds timeout, std::uint32_t from) : timeout_(timeout) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = from;
  socket_ = connected_socket(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address,
                             from == INADDR_ANY ? nullptr : &own);
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

HttpClient::HttpClient(const std::string& unix_socket, milliseconds timeout) : timeout_(timeout) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (unix_socket.size() >= sizeof address.sun_path) throw std::invalid_argument("socket path too long");
  std::memcpy(address.sun_path, unix_socket.c_str(), unix_socket.size() + 1);
  socket_ = connected_socket(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

HttpClient::~HttpClient() {
  close();
}

HttpClient::HttpClient(HttpClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      timeout_(other.timeout_),
      buffer_(std::move(other.buffer_)) {}

HttpClient& HttpClient::operator=(HttpClient&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(timeout_, other.timeout_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

HttpResponse HttpClient::get(std::string_view target, const Fields& fields) {
  return request("GET", target, fields);
}

HttpResponse HttpClient::post(std::string_view target, const Json& body, const Fields& fields) {
  send_post(target, body, fields);
  return read_response();
}

HttpResponse HttpClient::request(std::string_view method, std::string_view target, const Fields& fields,
                                 std::string_view body) {
  send_request(method, target, fields, body);
  return read_response(method == "HEAD");
}

void HttpClient::send_request(std::string_view method, std::string_view target, const Fields& fields,
                              std::string_view body) {
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
  if (!has_field(fields, "Host")) text += "Host: localhost\r\n";
  if (!body.empty() && !has_field(fields, "Content-Length")) {
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  for (const auto& [name, value] : fields) text += name + ": " + value + "\r\n";
  text += "\r\n";
  text += body;
  send(text);
}

void HttpClient::send_post(std::string_view target, const Json& body, const Fields& fields) {
  Fields all = fields;
  if (!has_field(all, "Content-Type")) all.emplace_back("Content-Type", "application/json");
  send_request("POST", target, all, body.dump());
}

bool HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd ready{socket_, POLLOUT, 0};
    if (poll(&ready, 1, static_cast<int>(timeout_.count())) != 1)
      throw std::runtime_error("the server reads nothing");
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent > 0) bytes.remove_prefix(sent);
  }
  return true;
}

HttpClient::Received HttpClient::receive() {
  pollfd ready{socket_, POLLIN, 0};
  if (poll(&ready, 1, static_cast<int>(timeout_.count())) != 1) {
    throw std::runtime_error("no answer in time; so far: " + buffer_.substr(0, 1000));
  }
  char chunk[65536];
  const ssize_t got = recv(socket_, chunk, sizeof chunk, 0);
  if (got <= 0) return Received::end;
  buffer_.append(chunk, got);
  return Received::bytes;
}

std::string HttpClient::read_until(std::string_view mark) {
  std::size_t searched = 0;
  for (;;) {
    const auto found = buffer_.find(mark, searched);
    if (found != std::string::npos) return read_exactly(found + mark.size());
    searched = buffer_.size() < mark.size() ? 0 : buffer_.size() - mark.size() + 1;
    if (receive() == Received::end)
      throw std::runtime_error("connection ended within: " + buffer_.substr(0, 1000));
  }
}

std::string HttpClient::read_exactly(std::size_t size) {
  while (buffer_.size() < size) {
    if (receive() == Received::end)
      throw std::runtime_error("connection ended within: " + buffer_.substr(0, 1000));
  }
  std::string text = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return text;
}

std::string HttpClient::read_chunks() {
  std::string body;
  for (;;) {
    const std::size_t size = std::stoul(read_until("\r\n"), nullptr, 16);
    if (size == 0) break;
    body += read_exactly(size);
    read_exactly(2);
  }
  while (read_until("\r\n") != "\r\n") continue;  // trailers
  return body;
}

HttpResponse HttpClient::read_response(bool to_head) {
  if (auto response = try_read_response(to_head)) return *std::move(response);
  throw std::runtime_error("connection ended without a response");
}

std::optional<HttpResponse> HttpClient::try_read_response(bool to_head) {
  if (buffer_.empty() && receive() == Received::end) return std::nullopt;
  HttpResponse response = parse_head(read_until("\r\n\r\n"));
  const bool bodiless = to_head || response.status < 200 || response.status == 204 || response.status == 304;
  if (bodiless) return response;
  if (same_name(response.field("Transfer-Encoding"), "chunked")) {
    response.body = read_chunks();
  } else if (response.has("Content-Length")) {
    response.body = read_exactly(std::stoul(std::string(response.field("Content-Length"))));
  } else {
    response.body = read_to_end();
  }
  return response;
}

bool HttpClient::closed_by_server(milliseconds within) {
  if (!buffer_.empty()) return false;
  pollfd ready{socket_, POLLIN, 0};
  if (poll(&ready, 1, static_cast<int>(within.count())) != 1) return false;
  char byte;
  return recv(socket_, &byte, 1, 0) <= 0;
}

std::string HttpClient::read_to_end() {
  while (receive() == Received::bytes) continue;
  return std::exchange(buffer_, {});
}

void HttpClient::half_close() {
  shutdown(socket_, SHUT_WR);
}

void HttpClient::reset() {
  const linger at_once{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void HttpClient::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

}  // namespace harness
