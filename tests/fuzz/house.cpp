#include "tests/fuzz/house.h"

#include <boost/asio/post.hpp>

#include "server/offload/dispatcher.h"
#include "server/process/spawner.h"
#include "server/routes/origin_routes.h"
#include "server/routes/task_routes.h"
#include "tests/fuzz/property.h"

namespace fuzz {

namespace {

const char kOpenRpc[] = R"({
  "openrpc": "1.3.2", "info": {"title": "fuzz", "version": "1"},
  "methods": [
    {"name": "spin", "summary": "burns", "result": {"name": "r", "schema": {}},
     "params": [{"name": "CPUTimeMs", "required": true,
                 "schema": {"type": "integer", "minimum": 0, "maximum": 600000}}]},
    {"name": "echo", "summary": "says", "result": {"name": "r", "schema": {}},
     "params": [{"name": "text", "required": false, "schema": {"type": "string", "pattern": "^[a-z]*$"}}]}
  ]
})";

// Each kind in turn, chosen by the params, so that the same bytes get the same outcome.
process::Outcome outcome_of(std::string_view line) {
  using process::Reason;
  constexpr Reason kReasons[] = {Reason::queue_full, Reason::cannot_spawn, Reason::deadline_exceeded,
                                 Reason::reply_too_large, Reason::crashed};
  process::Outcome outcome;
  const auto params = line.substr(std::min(line.find("\"params\""), line.size()));
  const auto kind = std::hash<std::string_view>{}(params) % 8;
  if (kind < 2) {
    outcome.what = process::Result{R"({"result":{"said":"\u00e9"})"};
  } else if (kind == 2) {
    outcome.what = process::TaskError{-32000, "no\r\nX-Injected: luck", nullptr};
  } else {
    outcome.what = process::Failure{kReasons[kind - 3], "made up", {}, {}};
  }
  return outcome;
}

}  // namespace

struct House::Rooms {
  explicit Rooms(Loop& loop)
      : spawner(loop, {}, 0),
        burial(loop, Milliseconds{0}),
        admission(loop, 1, 1, Milliseconds{1000}),
        pool(loop, 1),
        spares(loop, spawner, burial, pool, 0),
        dispatcher(admission, spares, burial),
        catalogue(ipc::Json::parse(kOpenRpc), {}, {}) {
    routes::add_origin_routes(router, catalogue, dispatcher, false);
    routes::add_task_routes(router, catalogue, dispatcher);
  }

  process::Spawner spawner;
  offload::Burial burial;
  offload::Admission admission;
  loop::ThreadPool pool;
  offload::Spares spares;
  offload::Dispatcher dispatcher;
  routes::Catalogue catalogue;
  routes::Router router;
};

House::House(Loop& loop) : rooms_(std::make_unique<Rooms>(loop)) {}
House::~House() = default;

namespace {

routes::Call& call_of(front_door::Exchange& exchange) {
  if (!exchange.state) exchange.state = std::make_unique<routes::Call>();
  auto& call = static_cast<routes::Call&>(*exchange.state);
  call.request_id = "fuzz";
  return call;
}

void check_request(const front_door::Request& request) {
  property(request.target == "*" || request.target.starts_with('/'), "a target is a path, or *");
  for (const auto& [name, value] : request.fields) {
    property(!name.empty() && name.find_first_of(" \t\r\n:") == std::string::npos,
             "a field's name is a token");
    property(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "a value is one line");
  }
}

}  // namespace

bool House::answer(front_door::Exchange& exchange) {
  check_request(exchange.request);
  auto& call = call_of(exchange);
  call.head_only = false;
  return rooms_->router.pass(exchange, call);
}

bool House::refuse_by_head(front_door::Exchange& exchange) {
  auto& call = call_of(exchange);
  call.head_only = true;
  return rooms_->router.pass(exchange, call);
}

awaitable<> House::finish(front_door::Exchange& exchange) {
  auto& call = call_of(exchange);
  do {
    co_await asio::post(co_await asio::this_coro::executor, use_awaitable);
    if (auto* preparation = std::get_if<routes::Preparation>(&call.wanted)) {
      call.prepared = (*preparation)();
    } else if (auto* job = std::get_if<process::Job>(&call.wanted)) {
      call.outcome = outcome_of(job->line);
    } else {
      call.outcome = outcome_of("");
    }
  } while (!rooms_->router.pass(exchange, call));
}

}  // namespace fuzz
