#include "server/routes/router.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <regex>

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

// What httplib itself reads a meaning into, and what it adds as if it were a field of the client's.
bool means_something_to_httplib(std::string_view name) {
  constexpr std::array<std::string_view, 9> kNames{"Accept-Encoding", "Range",       "If-Range",
                                                   "Content-Length",  "REMOTE_ADDR", "REMOTE_PORT",
                                                   "LOCAL_ADDR",      "LOCAL_PORT",  "Content-Encoding"};
  return std::any_of(kNames.begin(), kNames.end(), [name](std::string_view known) {
    return known.size() == name.size() && ::strncasecmp(known.data(), name.data(), name.size()) == 0;
  });
}

bool is_json(const std::string& content_type) {
  const auto type = content_type.substr(0, content_type.find(';'));
  const auto end = type.find_last_not_of(" \t");
  return end != std::string::npos && ::strcasecmp(type.substr(0, end + 1).c_str(), "application/json") == 0;
}

}  // namespace

Router::Router() {
  set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    return before_routing(request, response) ? HandlerResponse::Handled : HandlerResponse::Unhandled;
  });
  set_post_routing_handler(
      [this](const httplib::Request&, httplib::Response& response) { forget_connection(response); });
  set_error_handler(Handler([this](const httplib::Request& request, httplib::Response& response) {
    if (!call_->content.empty() || call_->waits()) return;
    if (response.status == 404)
      problem(*call_, response, 404, "unknown_route", fmt::format("there is no route {}", request.path));
    else
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
  set_payload_max_length(std::numeric_limits<std::size_t>::max());  // the door has its own limit
}

Router::Route& Router::route(std::string_view label, const std::string& pattern) {
  for (auto& route : routes_)
    if (route->pattern == pattern) return *route;
  const bool exact = pattern.find('(') == std::string::npos;
  routes_.push_back(std::make_unique<Route>(
      Route{label, pattern, exact ? std::regex() : std::regex(pattern), exact, {}, {}, {}, {}}));
  if (exact) exact_[pattern] = routes_.back().get();
  return *routes_.back();
}

void Router::get(std::string_view label, const std::string& pattern, RouteHandler handler) {
  auto& added = route(label, pattern);
  added.get = std::move(handler);
  Get(pattern, [this, &added](const httplib::Request& request, httplib::Response& response) {
    run(added, added.get, request, response);
  });
}

void Router::post(std::string_view label, const std::string& pattern, RouteHandler handler) {
  auto& added = route(label, pattern);
  added.post = std::move(handler);
  Post(pattern, [this, &added](const httplib::Request& request, httplib::Response& response) {
    run(added, added.post, request, response);
  });
}

void Router::get_constant(std::string_view label, const std::string& path, std::string content,
                          const char* content_type, httplib::Headers fields) {
  auto& added = route(label, path);
  added.kept_body = std::move(content);
  get(label, path,
      [this, &added, content_type, fields = std::move(fields)](Call& call, const httplib::Request& request,
                                                               httplib::Response& response) {
        response.headers = fields;
        answer(call, response, 200, added.kept_body, content_type);
        if (request.method == "GET") to_keep_ = &added;
      });
}

const Router::Route* Router::find(const std::string& path) const {
  if (const auto found = exact_.find(path); found != exact_.end()) return found->second;
  for (const auto& route : routes_)
    if (!route->exact && std::regex_match(path, route->regex)) return route.get();
  return nullptr;
}

void Router::run(const Route& route, const RouteHandler& handler, const httplib::Request& request,
                 httplib::Response& response) {
  call_->route = route.label;
  handler(*call_, request, response);
}

// Paths without a group need no regular expression; and what no handler should have to look at ends here.
bool Router::before_routing(const httplib::Request& request, httplib::Response& response) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (reads) {
    const auto found = exact_.find(request.path);
    if (found != exact_.end() && found->second->get) {
      run(*found->second, found->second->get, request, response);
      return true;
    }
  }
  const auto* route = request.path == "*" ? nullptr : find(request.path);
  if (!route && request.path != "*") return false;
  const std::string allowed = !route       ? "GET, HEAD, POST, OPTIONS"
                              : route->get ? (route->post ? "GET, HEAD, POST, OPTIONS" : "GET, HEAD, OPTIONS")
                                           : "POST, OPTIONS";
  if (route) call_->route = route->label;
  if (request.method == "OPTIONS") {
    response.status = 204;
    response.set_header("Allow", allowed);
    return true;
  }
  const bool posts = request.method == "POST";
  if ((reads && !route->get) || (posts && !route->post) || (!reads && !posts)) {
    response.set_header("Allow", allowed);
    problem(*call_, response, 405, "method_not_allowed",
            fmt::format("{} is not among the methods of {}: {}", request.method, request.path, allowed));
    return true;
  }
  if (posts && !is_json(request.get_header_value("Content-Type"))) {
    problem(*call_, response, 415, "unsupported_media_type",
            fmt::format("the content must be application/json, but is '{}'",
                        request.get_header_value("Content-Type")));
    return true;
  }
  return false;
}

// What httplib says of the connection is not for it to know.
void Router::forget_connection(httplib::Response& response) {
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

// Field values go in as they came: httplib's own parser would percent-decode them, and a decoded CR LF in an
// echoed value is a forged field.
void Router::adopt_fields(httplib::Request& request) const {
  for (const auto& [name, value] : call_->exchange->request.fields)
    if (!means_something_to_httplib(name)) request.headers.emplace(name, value);
  request.remote_addr = call_->exchange->request.peer_address;
  request.remote_port = call_->exchange->request.peer_port;
}

// The signature of process_request() grew by four addresses in 0.18.
template <typename Bridge, typename Memory>
void Router::process(Bridge& bridge, Memory& memory) {
  bool closed = false;
  const std::function<void(httplib::Request&)> setup = [this](httplib::Request& request) {
    adopt_fields(request);
  };
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
  const auto found = exact_.find(target.substr(0, target.find('?')));
  if (found == exact_.end() || found->second->kept_head.empty()) return false;
  const auto& route = *found->second;
  call_->route = route.label;
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
  // Without the content, which httplib would copy: handlers take it from the exchange.
  std::string head;
  head.reserve(request.method.size() + request.target.size() + 48);
  head.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  if (request.method != "GET" && request.method != "HEAD") head.append("Content-Length: 0\r\n");
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
