#include "tests/fuzz/house.h"

#include <boost/asio/post.hpp>

#include "server/offload/dispatcher.h"
#include "server/routes/application.h"
#include "server/routes/front_pages.h"
#include "server/routes/job_routes.h"
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

// Jobs that cost no process.
class MadeUp final : public routes::Offload {
 public:
  using Offload::Offload;

 protected:
  awaitable<process::Outcome> outcome_of(const process::Job& job) override { return made_up(job.line); }
  awaitable<process::Outcome> outcome_of_spin(Milliseconds, Deadline, const process::Client&) override {
    return made_up("");
  }

 private:
  static awaitable<process::Outcome> made_up(std::string line) {
    co_await asio::post(co_await asio::this_coro::executor, use_awaitable);
    co_return fuzz::outcome_of(line);
  }
};

void check_request(const front_door::Request& request) {
  property(request.target == "*" || request.target.starts_with('/'), "a target is a path, or *");
  for (const auto& [name, value] : request.fields) {
    property(!name.empty() && name.find_first_of(" \t\r\n:") == std::string::npos,
             "a field's name is a token");
    property(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "a value is one line");
  }
}

}  // namespace

struct House::Rooms {
  explicit Rooms(Loop& loop)
      : orphans(loop),
        crew(loop, orphans, {}, {}, 0),
        admission(loop, 1, 1, Milliseconds{1000}),
        pool(loop, 1),
        dispatcher(admission, crew, pool),
        threads(loop, admission),
        catalogue(ipc::Json::parse(kOpenRpc), {}, {}),
        contents(loop, 1, Milliseconds{1000}),
        offload(catalogue, dispatcher, threads, pool, contents, observers),
        application(router, routes::HostCheck(true, {"a"}), clients, pool, observers, 1 << 20) {
    router.serve(
        routes::with_front_pages({routes::origin_routes(offload, false),
                                  routes::task_routes(offload, {}, loop), routes::job_routes({}, loop)},
                                 catalogue));
  }

  process::Orphans orphans;
  offload::Crew crew;
  offload::Admission admission;
  loop::ThreadPool pool;
  offload::Dispatcher dispatcher;
  comparison::WorkerThreads threads;
  routes::Catalogue catalogue;
  routes::ContentReading contents;
  MadeUp offload;
  routes::Router router;
  identity::Clients clients;
  std::vector<telemetry::Observer*> observers;
  routes::Application application;
};

House::House(Loop& loop) : rooms_(std::make_unique<Rooms>(loop)) {}
House::~House() = default;

front_door::ContentTerms House::terms(const front_door::Request& head) {
  return rooms_->application.terms(head);
}

std::optional<awaitable<>> House::respond(front_door::Exchange& exchange) {
  check_request(exchange.request);
  return rooms_->application.respond(exchange);
}

void House::withdraw(front_door::Exchange& exchange, const front_door::Refusal& refusal) {
  rooms_->application.withdraw(exchange, refusal);
}

void House::ended(front_door::Exchange& exchange, front_door::Ending ending, std::size_t bytes) {
  rooms_->application.ended(exchange, ending, bytes);
}

void House::report(const front_door::Exchange& exchange, std::string_view what) {
  rooms_->application.report(exchange, what);
}

void House::lost(const front_door::Request& request) {
  rooms_->application.lost(request);
}

std::string House::refuse(const front_door::Request& request, const front_door::Refusal& refusal) {
  return rooms_->application.refuse(request, refusal);
}

}  // namespace fuzz
