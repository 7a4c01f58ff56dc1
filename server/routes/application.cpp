#include "server/routes/application.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>

#include "server/loop/random_id.h"

namespace routes {
namespace {

constexpr std::size_t kMaxRequestId = 128;

// The client's own id where it is one that can stand in a log line and in a field as it is.
std::string request_id_of(const front_door::Request& request) {
  for (const auto& [name, value] : request.fields) {
    if (::strcasecmp(name.c_str(), "X-Request-Id") != 0) continue;
    const bool visible =
        std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '"'; });
    if (visible && !value.empty() && value.size() <= kMaxRequestId) return value;
  }
  return loop::random_id().substr(0, 16);
}

std::string_view path_of(const front_door::Request& request) {
  const std::string_view target(request.target);
  return target.substr(0, target.find('?'));
}

}  // namespace

Call& Application::call_of(front_door::Exchange& exchange) {
  if (!exchange.state) {
    auto call = std::make_unique<Call>();
    call->request_id = request_id_of(exchange.request);
    call->client.name = exchange.request.peer_address;
    exchange.state = std::move(call);
  }
  return static_cast<Call&>(*exchange.state);
}

bool Application::answer(front_door::Exchange& exchange) {
  auto& call = call_of(exchange);
  call.head_only = false;
  return router_.pass(exchange, call);
}

bool Application::refuse_by_head(front_door::Exchange& exchange) {
  auto& call = call_of(exchange);
  call.head_only = true;
  return router_.pass(exchange, call);
}

awaitable<> Application::finish(front_door::Exchange& exchange) {
  auto& call = call_of(exchange);
  std::string what;
  try {
    do co_await fetch(call);
    while (!router_.pass(exchange, call));
    co_return;
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    what = error.what();
  } catch (const std::exception& error) {
    what = error.what();
  }
  // What should never happen: said to the log, not to the client.
  for (auto* observer : observers_) observer->on_bug(call.request_id, what);
  const front_door::Refusal apology{500, "internal_error",
                                    "an internal error; the log has it under this request's id"};
  take_back(exchange, apology);
}

void Application::take_back(front_door::Exchange& exchange, const front_door::Refusal& refusal) {
  auto& call = call_of(exchange);
  call.reason = refusal.reason;
  exchange.client_keeps_alive = false;
  json_pool_.let_go(std::move(exchange.response.body));
  const bool is_head = exchange.request.method == "HEAD";
  exchange.response = {refusal.status, front_door::to_bytes(refusal, call.request_id, is_head), ""};
}

awaitable<> Application::fetch(Call& call) {
  if (auto* preparation = std::get_if<Preparation>(&call.wanted)) {
    call.prepared = co_await json_pool_.call(*preparation);
  } else if (auto* job = std::get_if<process::Job>(&call.wanted)) {
    call.outcome = co_await dispatcher_.run(*job);
    json_pool_.let_go(std::move(job->line));
  } else if (auto* spin = std::get_if<ThreadSpin>(&call.wanted)) {
    call.outcome = co_await threads_.spin(spin->cpu, spin->deadline, call.client);
  }
}

void Application::ended(front_door::Exchange& exchange, front_door::Ending ending, std::size_t bytes) {
  auto& call = call_of(exchange);
  constexpr int kClientClosedRequest = 499;
  telemetry::RequestRecord record;
  record.request_id = call.request_id;
  record.peer = exchange.request.peer_address;
  record.method = exchange.request.method;
  record.path = path_of(exchange.request);
  record.route = call.route;
  record.status = ending == front_door::Ending::client_gone ? kClientClosedRequest : exchange.response.status;
  record.reason = ending == front_door::Ending::client_gone ? "client_gone" : call.reason;
  record.bytes = bytes;
  record.total_ms = milliseconds(Clock::now() - exchange.received);
  record.content = exchange.response.content();
  record.outcome = call.outcome ? &*call.outcome : nullptr;
  record.task = call.task;
  record.heavy = !call.task.empty();
  for (auto* observer : observers_) {
    if (!call.bug.empty()) observer->on_bug(call.request_id, call.bug);
    observer->on_request(record);
  }
  json_pool_.let_go(std::move(exchange.request.body));
  json_pool_.let_go(std::move(exchange.response.body));
  if (auto* job = std::get_if<process::Job>(&call.wanted))
    json_pool_.let_go(std::move(job->line));  // nobody has waited for its end
}

std::string Application::refuse(const front_door::Request& request, const front_door::Refusal& refusal) {
  telemetry::RequestRecord record;
  record.peer = request.peer_address;
  record.method = request.method.empty() ? "-" : std::string_view(request.method);
  record.path = request.target.empty() ? "-" : path_of(request);
  record.route = "refused";
  record.status = refusal.status;
  record.reason = refusal.reason;
  const auto id = request_id_of(request);
  record.request_id = id;
  auto bytes = front_door::to_bytes(refusal, id, request.method == "HEAD");
  record.bytes = bytes.size();
  for (auto* observer : observers_) observer->on_request(record);
  return bytes;
}

}  // namespace routes
