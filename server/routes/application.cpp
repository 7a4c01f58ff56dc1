#include "server/routes/application.h"

#include <algorithm>

#include "server/front_door/response.h"
#include "server/loop/random_id.h"
#include "server/routes/httplib_text.h"
#include "server/routes/target.h"

namespace routes {
namespace {

constexpr std::size_t kMaxRequestId = 128;
constexpr int kClientClosedRequest = 499;

// The client's own id where it is one that can stand in a log line and in a field as it is.
std::string request_id_of(const front_door::Request& request) {
  const auto own = request.field("X-Request-Id");
  const bool visible =
      std::all_of(own.begin(), own.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '"'; });
  if (visible && !own.empty() && own.size() <= kMaxRequestId) return std::string(own);
  return loop::random_id().substr(0, 16);
}

Call& call_of(const front_door::Exchange& exchange) {
  return static_cast<Call&>(*exchange.state);
}

std::string_view connection_field(const front_door::Exchange& exchange) {
  return exchange.keeps_alive() ? exchange.keep_alive : "close";
}

// HTTP/1.0 knows no chunks: the end of its content is that of the connection.
void add_framing(front_door::Exchange& exchange, Reply& reply) {
  if (!reply.stream) return;
  if (exchange.request.minor_version == 0)
    exchange.client_keeps_alive = false;
  else
    reply.fields.emplace_back("Transfer-Encoding", "chunked");
}

void send(Call& call, Reply reply) {
  auto& response = call.exchange.response;
  call.reason = reply.reason;
  response.status = reply.status;
  reply.fields.emplace_back("Cache-Control", front_door::kNotKept);
  add_framing(call.exchange, reply);
  response.head = form_head(reply);
  front_door::finish_head(response.head, call.request_id, connection_field(call.exchange));
  if (call.exchange.request.method == "HEAD") return;
  response.body = std::move(reply.content);
  response.file = std::move(reply.file);
  response.stream = std::move(reply.stream);
}

std::string_view reason_for_log(const Call& call, front_door::Ending ending) {
  if (ending == front_door::Ending::client_gone) return "client_gone";
  return call.reason.empty() ? call.exchange.end_reason : call.reason;
}

void send(Call& call, const Router::KeptPage& page) {
  auto& response = call.exchange.response;
  response.status = 200;
  response.head.reserve(page.head.size() + 160);
  response.head = page.head;
  front_door::finish_head(response.head, call.request_id, connection_field(call.exchange));
  if (call.exchange.request.method != "HEAD") response.kept_body = page.content;
}

}  // namespace

front_door::ContentTerms Application::terms(const front_door::Request& head) {
  return router_.terms(head).value_or(front_door::ContentTerms{max_body_});
}

std::optional<awaitable<>> Application::respond(front_door::Exchange& exchange) {
  auto made = std::make_unique<Call>(exchange);
  auto& call = *made;
  call.request_id = request_id_of(exchange.request);
  call.address = clients_.address_of(exchange.request);
  call.client.name = identity::client_of_address(call.address);
  exchange.state = std::move(made);
  try {
    return answer(call);
  } catch (const std::exception& error) {
    apologize(call, error.what());
    return std::nullopt;
  }
}

std::optional<awaitable<>> Application::answer(Call& call) {
  if (auto refusal = hosts_.refusal(call)) {
    send(call, std::move(*refusal));
    return std::nullopt;
  }
  auto found = router_.find(call);
  if (const auto* page = std::get_if<const Router::KeptPage*>(&found)) {
    send(call, **page);
    return std::nullopt;
  }
  if (auto* reply = std::get_if<Reply>(&found)) {
    send(call, std::move(*reply));
    return std::nullopt;
  }
  const auto& route = *std::get<const Route*>(found);
  const auto* heavy = std::get_if<HeavyHandler>(&route.handler);
  call.may_wait = heavy;
  if (heavy || route.costly) {
    auto refusal = cross_site_refusal(call);
    if (!refusal) refusal = identify(call);
    if (refusal) {
      send(call, std::move(*refusal));
      return std::nullopt;
    }
  }
  if (heavy) return run(*heavy, call);
  send(call, std::get<LightHandler>(route.handler)(call));
  return std::nullopt;
}

// The refusal for a client without the key that it needs. The name of one that has it is its own from now on.
std::optional<Reply> Application::identify(Call& call) const {
  if (!clients_.need_keys()) return std::nullopt;
  if (const auto* client = clients_.with_key(call.exchange.request)) {
    call.client = *client;
    call.client.key = client->name;
    call.has_key = true;
    return std::nullopt;
  }
  const bool tried = !call.exchange.request.field("Authorization").empty();
  auto reply = problem(call, 401, "unauthorized",
                       tried ? "Authorization holds no key of this server's"
                             : "this route needs a key: Authorization: Bearer KEY");
  reply.fields.emplace_back("WWW-Authenticate", tried ? R"(Bearer realm="cruncherd", error="invalid_token")"
                                                      : R"(Bearer realm="cruncherd")");
  return reply;
}

awaitable<> Application::run(const HeavyHandler& handler, Call& call) {
  std::string what;
  try {
    auto reply = co_await handler(call);
    send(call, std::move(reply));
    co_return;
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;  // the client has left
    what = error.what();
  } catch (const std::exception& error) {
    what = error.what();
  }
  apologize(call, what);
}

void Application::report(const front_door::Exchange& exchange, std::string_view what) {
  const std::string_view id = exchange.state ? std::string_view(call_of(exchange).request_id) : "-";
  for (auto* observer : observers_) observer->on_bug(id, what);
}

// For what should never happen: said to the log, not to the client.
void Application::apologize(Call& call, std::string_view what) {
  report(call.exchange, what);
  send(call,
       problem(call, 500, "internal_error", "an internal error; the log has it under this request's id"));
}

void Application::withdraw(front_door::Exchange& exchange, const front_door::Refusal& refusal) {
  auto& call = call_of(exchange);
  call.reason = refusal.reason;
  exchange.client_keeps_alive = false;
  { const loop::FreedOnPool unsent(json_pool_, exchange.response.body); }
  const bool is_head = exchange.request.method == "HEAD";
  exchange.response = {refusal.status, front_door::to_bytes(refusal, call.request_id, is_head), ""};
}

void Application::ended(front_door::Exchange& exchange, front_door::Ending ending, std::size_t bytes) {
  const loop::FreedOnPool asked(json_pool_, exchange.request.body), told(json_pool_, exchange.response.body);
  auto& call = call_of(exchange);
  telemetry::RequestRecord record;
  record.request_id = call.request_id;
  record.peer = call.address;
  if (call.has_key) record.client = call.client.name;
  record.method = exchange.request.method;
  record.path = path_of(exchange.request.target);
  record.route = call.route;
  record.status = ending == front_door::Ending::client_gone ? kClientClosedRequest : exchange.response.status;
  record.reason = reason_for_log(call, ending);
  record.bytes = bytes;
  record.total_ms = milliseconds(Clock::now() - exchange.received);
  record.content = exchange.response.content();
  record.outcome = call.outcome ? &*call.outcome : nullptr;
  record.task = call.task;
  record.may_wait = call.may_wait;
  record.stderr_is_told = call.stderr_is_told;
  for (auto* observer : observers_) observer->on_request(record);
}

void Application::lost(const front_door::Request& request) {
  note(request, request_id_of(request), kClientClosedRequest, "client_gone", 0);
}

std::string Application::refuse(const front_door::Request& request, const front_door::Refusal& refusal) {
  const auto id = request_id_of(request);
  auto bytes = front_door::to_bytes(refusal, id, request.method == "HEAD");
  note(request, id, refusal.status, refusal.reason, bytes.size());
  return bytes;
}

// A request that came to no route.
void Application::note(const front_door::Request& request, std::string_view id, int status,
                       std::string_view reason, std::size_t bytes) {
  telemetry::RequestRecord record;
  const auto address = clients_.address_of(request);
  record.peer = address;
  record.method = request.method.empty() ? "-" : std::string_view(request.method);
  record.path = request.target.empty() ? "-" : path_of(request.target);
  record.route = "refused";
  record.status = status;
  record.reason = reason;
  record.request_id = id;
  record.bytes = bytes;
  for (auto* observer : observers_) observer->on_request(record);
}

}  // namespace routes
