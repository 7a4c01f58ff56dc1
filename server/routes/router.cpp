#include "server/routes/router.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <cstring>

#include "server/routes/reply.h"

namespace routes {
namespace {

// The request's line in canonical form, and the response's head, in memory. Members are those of every
// httplib::Stream from 0.11 to 0.2x: what a version does not know is never called.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string head) : head_(std::move(head)) { written.reserve(512); }

  bool is_readable() const { return true; }
  bool is_writable() const { return true; }
  bool wait_readable() const { return true; }
  bool wait_writable() const { return true; }
  time_t duration() const { return 0; }
  socket_t socket() const { return -1; }
  void get_remote_ip_and_port(std::string&, int&) const {}
  void get_local_ip_and_port(std::string&, int&) const {}

  ssize_t read(char* to, size_t size) {
    const auto part = std::string_view(head_).substr(read_);
    const auto count = std::min(size, part.size());
    std::memcpy(to, part.data(), count);
    read_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, size_t size) {
    written.append(from, size);
    return static_cast<ssize_t>(size);
  }

  std::string written;

 private:
  std::string head_;
  std::size_t read_ = 0;
};

bool is_json(std::string_view content_type) {
  constexpr std::string_view kJson = "application/json";
  const auto type = content_type.substr(0, content_type.find(';'));
  const auto end = type.find_last_not_of(" \t");
  return end + 1 == kJson.size() && ::strncasecmp(type.data(), kJson.data(), kJson.size()) == 0;
}

}  // namespace

Router::Router() {
  set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    serve(request, response);
    return HandlerResponse::Handled;
  });
  set_post_routing_handler([this](const httplib::Request&, httplib::Response& response) { tidy(response); });
  // What httplib itself objects to.
  set_error_handler(Handler([this](const httplib::Request&, httplib::Response& response) {
    if (call_->content.empty() && !call_->waits())
      problem(*call_, response, response.status, "bad_request", "the request could not be read");
  }));
  // What a handler throws is a bug of this program: never a text for the client.
  set_exception_handler(
      [this](const httplib::Request&, httplib::Response& response, std::exception_ptr thrown) {
        try {
          std::rethrow_exception(thrown);
        } catch (const std::exception& error) {
          call_->bug = error.what();
        } catch (...) {
          call_->bug = "an exception of no known type";
        }
        problem(*call_, response, 500, "internal_error",
                "an internal error; the log has it under this request's id");
      });
}

Router::Route& Router::route(std::string_view path) {
  const auto parameter = path.find('{');
  auto& routes = parameter == std::string_view::npos ? routes_ : with_parameter_;
  auto& route = routes[path.substr(0, parameter)];
  route.path = path;
  return route;
}

void Router::get(std::string_view path, RouteHandler handler) {
  route(path).get = std::move(handler);
}

void Router::post(std::string_view path, RouteHandler handler) {
  route(path).post = std::move(handler);
}

void Router::get_constant(std::string_view path, std::string content, const char* content_type,
                          httplib::Headers fields) {
  auto& added = route(path);
  added.kept_body = std::move(content);
  added.get = [this, &added, content_type, fields = std::move(fields)](
                  Call& call, const httplib::Request& request, httplib::Response& response) {
    response.headers = fields;
    answer(call, response, 200, added.kept_body, content_type);
    if (request.method == "GET") to_keep_ = &added;
  };
}

const Router::Route* Router::find(std::string_view path) const {
  if (const auto found = routes_.find(path); found != routes_.end()) return &found->second;
  const auto segment = path.rfind('/') + 1;
  const auto found = with_parameter_.find(path.substr(0, segment));
  return found != with_parameter_.end() && segment < path.size() ? &found->second : nullptr;
}

// httplib would go through its regular expressions, and read content that it was not given.
void Router::serve(const httplib::Request& request, httplib::Response& response) {
  const std::string_view path(request.path);
  const bool every = path == "*";
  const auto* route = every ? nullptr : find(path);
  if (!route && !every)
    return problem(*call_, response, 404, "unknown_route", fmt::format("there is no route {}", path));
  const auto* allowed = !route       ? "GET, HEAD, POST, OPTIONS"
                        : route->get ? (route->post ? "GET, HEAD, POST, OPTIONS" : "GET, HEAD, OPTIONS")
                                     : "POST, OPTIONS";
  if (route) call_->route = route->path;
  if (request.method == "OPTIONS") {
    response.status = 204;
    response.set_header("Allow", allowed);
    return;
  }
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const bool posts = request.method == "POST";
  const auto* handler = !route ? nullptr : reads ? &route->get : posts ? &route->post : nullptr;
  if (!handler || !*handler) {
    response.set_header("Allow", allowed);
    return problem(*call_, response, 405, "method_not_allowed",
                   fmt::format("{} is not among the methods of {}: {}", request.method, path, allowed));
  }
  if (posts) {
    const auto type = call_->exchange->request.field("Content-Type");
    if (!is_json(type))
      return problem(*call_, response, 415, "unsupported_media_type",
                     fmt::format("the content must be application/json, but is '{}'", type));
  }
  call_->parameter = path.substr(path.rfind('/') + 1);
  (*handler)(*call_, request, response);
}

// What httplib says of the connection is not for it to know.
void Router::tidy(httplib::Response& response) const {
  response.headers.erase("Connection");
  if (call_->exchange->request.method == "HEAD") response.headers.erase("Accept-Ranges");
  if (response.status == 204) response.headers.erase("Content-Length");
  call_->exchange->response.status = response.status;
}

// The fields that every response has, and the empty line, behind those that httplib wrote.
void Router::finish_head(std::string& head) const {
  auto& exchange = *call_->exchange;
  head.append("Date: ").append(front_door::http_date());
  head.append("\r\nX-Request-Id: ").append(call_->request_id);
  if (!exchange.keeps_alive())
    head.append("\r\nConnection: close");
  else if (exchange.request.minor_version == 0)
    head.append("\r\nConnection: keep-alive");
  head.append("\r\n\r\n");
  if (exchange.request.method == "HEAD") call_->content.clear();
}

// The signature of process_request() grew by four addresses in 0.18.
template <typename Bridge, typename Memory>
void Router::process(Bridge& bridge, Memory& memory) {
  bool closed = false;
  const std::function<void(httplib::Request&)> setup;
  const auto& peer = call_->exchange->request;
  if constexpr (requires { bridge.process_request(memory, true, closed, setup); })
    bridge.process_request(memory, true, closed, setup);
  else
    bridge.process_request(memory, peer.peer_address, peer.peer_port, std::string(), 0, true, closed, setup);
}

bool Router::answer_kept(front_door::Exchange& exchange) {
  const auto& request = exchange.request;
  if (request.method != "GET") return false;
  const std::string_view target(request.target);
  const auto found = routes_.find(target.substr(0, target.find('?')));
  if (found == routes_.end() || found->second.kept_head.empty()) return false;
  const auto& route = found->second;
  call_->route = route.path;
  auto& response = exchange.response;
  response.status = 200;
  response.head.reserve(route.kept_head.size() + 160);
  response.head = route.kept_head;
  finish_head(response.head);
  response.kept_body = route.kept_body;
  return true;
}

bool Router::pass(front_door::Exchange& exchange, Call& call) {
  call.exchange = &exchange;
  call.wanted = {};
  call.content.clear();
  call_ = &call;
  if (answer_kept(exchange)) return true;
  const auto& request = exchange.request;
  // The request line alone. Fields would be percent-decoded (a decoded CR LF in an echoed value is a forged
  // field) and some obeyed (Range, Accept-Encoding), the content copied: handlers take both from the
  // exchange.
  std::string head;
  head.reserve(request.method.size() + request.target.size() + 48);
  head.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  head.append("\r\n");
  MemoryStream stream(std::move(head));
  to_keep_ = nullptr;
  process(*this, stream);
  if (call.waits()) return false;
  stream.written.resize(stream.written.size() - 2);  // the empty line
  if (to_keep_) to_keep_->kept_head = stream.written;
  finish_head(stream.written);
  exchange.response.head = std::move(stream.written);
  exchange.response.body = std::move(call.content);
  return true;
}

}  // namespace routes
