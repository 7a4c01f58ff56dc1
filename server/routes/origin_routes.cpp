#include "server/routes/origin_routes.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <charconv>

#include "server/comparison/burn.h"
#include "server/loop/random_id.h"
#include "server/routes/deadline.h"
#include "server/routes/embedded_page.h"
#include "server/routes/openapi.h"

namespace routes {
namespace {

constexpr long kMaxBlockingMs = 60'000;
constexpr char kParam[] = "CPUTimeMs";
constexpr char kSpin[] = "spin";

using Violations = std::vector<ipc::Violation>;

Violations wrong_param(std::string message) {
  return {{std::string("/") + kParam, std::move(message)}};
}

// The query's CPUTimeMs, or what is wrong with it, as a violation of the same form as a task's.
std::variant<long, Violations> cpu_time_of(const Call& call) {
  const auto text = call.query(kParam);
  if (!text) return wrong_param("is required: milliseconds of CPU time");
  long value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error == std::errc::result_out_of_range)
    return wrong_param(fmt::format("must be an integer of at most 64 bits, but is {}", *text));
  if (error != std::errc() || end != text->data() + text->size())
    return wrong_param(fmt::format("must be an integer, but is '{}'", *text));
  return value;
}

// Reasons to stop a burn that keeps the loop from hearing of them.
class Interruption {
 public:
  explicit Interruption(const front_door::Client* client) : client_(client) {
    signals_.async_wait([this](const boost::system::error_code& error, int) { signalled_ |= !error; });
  }

  bool is_due() {
    if (Clock::now() < next_look_) return false;
    next_look_ = Clock::now() + kBetweenLooks;
    own_loop_.poll();  // whoever else waits for the signal hears of it as well, once the loop turns
    return signalled_ || (client_ && client_->has_left());
  }

 private:
  static constexpr Milliseconds kBetweenLooks{5};

  const front_door::Client* client_;
  Loop own_loop_;
  asio::signal_set signals_{own_loop_, SIGTERM, SIGINT};
  bool signalled_ = false;
  Clock::time_point next_look_ = Clock::now();
};

Reply block(const Call& call, bool allowed) {
  if (!allowed)
    return problem(call, 403, "blocking_route_off",
                   "this route freezes the server, so it needs --blocking-route on");
  const auto cpu_time = cpu_time_of(call);
  if (const auto* wrong = std::get_if<Violations>(&cpu_time)) return problem(call, *wrong);
  const auto milliseconds = std::get<long>(cpu_time);
  if (milliseconds < 0 || milliseconds > kMaxBlockingMs)
    return problem(call,
                   wrong_param(fmt::format("must be from 0 to {}, but is {}", kMaxBlockingMs, milliseconds)));
  Interruption interruption(call.exchange.client);
  const auto used =
      comparison::burn_cpu(Milliseconds{milliseconds}, [&interruption] { return interruption.is_due(); });
  const auto done = std::min(milliseconds, static_cast<long>(used));
  return json_reply(
      fmt::format("{{\"result\":{{\"CPUTimeMs\":{}}},\"usage\":{{\"cpu_ms\":{:.3f}}}}}\n", done, used));
}

awaitable<Reply> run_spin(Call& call, Offload& offload) {
  const auto* task = offload.catalogue().find(kSpin);
  if (!task) co_return problem(call, 404, "unknown_task", "the cruncher offers no task 'spin'");
  call.task = task->name;
  if (auto refusal = offload.refusal(call)) co_return std::move(*refusal);
  const auto via = call.query("via").value_or("process");
  if (via != "process" && via != "thread") {
    const Violations wrong{{"/via", fmt::format("must be 'process' or 'thread', but is '{}'", via)}};
    co_return problem(call, wrong);
  }
  const auto cpu_time = cpu_time_of(call);
  if (const auto* wrong = std::get_if<Violations>(&cpu_time)) co_return problem(call, *wrong);
  const auto milliseconds = std::get<long>(cpu_time);

  const Patience patience(call, *task);
  process::Job job{call.request_id,   loop::random_id(), task->name, {},
                   patience.deadline, task->limits,      call.client};
  auto prepared = prepare(*task, ipc::print_json({{kParam, milliseconds}}), job.rpc_id);
  if (const auto* wrong = std::get_if<Violations>(&prepared)) co_return problem(call, *wrong);
  job.line = std::move(std::get<std::string>(prepared));
  Reply reply;
  if (via == "thread")
    reply = co_await offload.spin(call, Milliseconds{milliseconds}, job.deadline);
  else
    reply = co_await offload.run(call, job);
  co_return patience.confirmed_by(std::move(reply));
}

ipc::Json query_parameter(const char* name, bool required, const char* description, ipc::Json schema) {
  return {{"name", name},
          {"in", "query"},
          {"required", required},
          {"description", description},
          {"schema", std::move(schema)}};
}

ipc::Json describe_spin(const Task& task) {
  const auto cpu_time =
      task.params_schema.value(ipc::Json::json_pointer("/properties/CPUTimeMs"), ipc::Json::object());
  const ipc::Json ways{{"type", "string"}, {"enum", {"process", "thread"}}};
  return operation(
      "non_blocking", response("done", "application/json", outcome_schema(task)),
      {query_parameter(kParam, true, "milliseconds of CPU time", cpu_time),
       query_parameter("via", false, "where: a process, or for comparison a thread of the server", ways),
       reference("parameters", "Prefer"), reference("parameters", "RequestId")});
}

}  // namespace

Table origin_routes(Offload& offload, bool blocking_allowed) {
  const LightHandler burn = [blocking_allowed](Call& call) { return block(call, blocking_allowed); };
  const HeavyHandler spin = [&offload](Call& call) { return run_spin(call, offload); };
  const ipc::Json most{{"type", "integer"}, {"minimum", 0}, {"maximum", kMaxBlockingMs}};
  const auto* task = offload.catalogue().find(kSpin);
  Table table{
      {"GET",
       "/blocking",
       "Burns CPU time on the event loop itself: everything else waits",
       burn,
       operation("blocking", json_response("done"),
                 {query_parameter(kParam, true, "milliseconds of CPU time", most)}),
       {},
       true},
      {"GET", "/non-blocking",
       "Burns CPU time in a process of its own (via=thread: on a thread of the server)", spin,
       task ? describe_spin(*task) : ipc::Json()},
  };
  if (blocking_allowed)
    table.push_back({"GET", "/demo", "Both of them side by side, to look at", Pages{html_page(web::demo())},
                     operation("demo", response("the page", "text/html", {{"type", "string"}}))});
  return table;
}

}  // namespace routes
