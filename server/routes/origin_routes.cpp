#include "server/routes/origin_routes.h"

#include <fmt/format.h>

#include <charconv>

#include "server/comparison/burn.h"
#include "server/loop/random_id.h"
#include "server/routes/deadline.h"
#include "server/routes/reply.h"
#include "server/version.h"

namespace routes {
namespace {

constexpr long kMaxBlockingMs = 60'000;
constexpr char kParam[] = "CPUTimeMs";
constexpr char kSpin[] = "spin";

std::string welcome() {
  const ipc::Json routes{
      {"GET /", "this"},
      {"GET /blocking?CPUTimeMs=N", "burns N ms on the event loop itself: everything else waits"},
      {"GET /non-blocking?CPUTimeMs=N",
       "burns N ms in a process of its own (via=thread: on a thread of the server)"},
      {"GET /tasks", "the tasks and the JSON Schemas of their params"},
      {"POST /tasks/{name}", "runs a task in a process of its own; the content is its params"},
      {"GET /healthz", "alive"},
      {"GET /readyz", "ready for a heavy request"},
      {"GET /metrics", "for Prometheus"},
      {"GET /status", "what runs and what waits"},
      {"GET /dashboard", "the same, to look at"},
      {"GET /openapi.json", "all of this for programs"},
  };
  return ipc::Json{
             {"name", "cruncherd"}, {"version", kVersion}, {"message", "Hello World!"}, {"routes", routes}}
             .dump(2) +
         "\n";
}

// The query's CPUTimeMs, or what is wrong with it, as a violation of the same form as a task's.
std::variant<long, std::vector<ipc::Violation>> cpu_time_of(const httplib::Request& request) {
  const auto wrong = [](std::string message) {
    return std::vector<ipc::Violation>{{std::string("/") + kParam, std::move(message)}};
  };
  if (!request.has_param(kParam)) return wrong("is required: milliseconds of CPU time");
  const auto text = request.get_param_value(kParam);
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range)
    return wrong(fmt::format("must be an integer of at most 64 bits, but is {}", text));
  if (error != std::errc() || end != text.data() + text.size())
    return wrong(fmt::format("must be an integer, but is '{}'", text));
  return value;
}

void block(Call& call, const httplib::Request& request, httplib::Response& response, bool allowed) {
  if (!allowed)
    return problem(call, response, 403, "blocking_route_off",
                   "this route freezes the server: beyond loopback it needs --blocking-route on");
  const auto cpu_time = cpu_time_of(request);
  if (auto* wrong = std::get_if<1>(&cpu_time)) return problem(call, response, *wrong);
  const auto milliseconds = std::get<long>(cpu_time);
  if (milliseconds < 0 || milliseconds > kMaxBlockingMs)
    return problem(
        call, response,
        std::vector<ipc::Violation>{{std::string("/") + kParam, fmt::format("must be from 0 to {}, but is {}",
                                                                            kMaxBlockingMs, milliseconds)}});
  const auto used = comparison::burn_cpu(Milliseconds{milliseconds});
  answer(call, response, 200,
         fmt::format("{{\"result\":{{\"CPUTimeMs\":{}}},\"usage\":{{\"cpu_ms\":{:.3f}}}}}\n", milliseconds,
                     used));
}

void offload_spin(Call& call, const httplib::Request& request, httplib::Response& response,
                  const Catalogue& catalogue, const offload::Dispatcher& dispatcher) {
  const auto* task = catalogue.find(kSpin);
  if (!task) return problem(call, response, 404, "unknown_task", "the cruncher offers no task 'spin'");
  call.task = task->name;
  if (!call.outcome) call.outcome = dispatcher.refusal(call.client);
  if (call.outcome) return answer_outcome(call, response, *call.outcome, dispatcher.retry_after_seconds());
  const auto via = request.has_param("via") ? request.get_param_value("via") : "process";
  if (via != "process" && via != "thread")
    return problem(call, response,
                   std::vector<ipc::Violation>{
                       {"/via", fmt::format("must be 'process' or 'thread', but is '{}'", via)}});
  const auto cpu_time = cpu_time_of(request);
  if (auto* wrong = std::get_if<1>(&cpu_time)) return problem(call, response, *wrong);
  const auto milliseconds = std::get<long>(cpu_time);

  process::Job job{call.request_id, loop::random_id(), task->name, {}, deadline_of(call, response, *task),
                   task->limits,    call.client};
  auto prepared = prepare(*task, ipc::print_json({{kParam, milliseconds}}), job.rpc_id);
  if (auto* wrong = std::get_if<std::vector<ipc::Violation>>(&prepared))
    return problem(call, response, *wrong);
  if (via == "thread") {
    call.wanted = ThreadSpin{Milliseconds{milliseconds}, job.deadline};
  } else {
    job.line = std::move(std::get<std::string>(prepared));
    call.wanted = std::move(job);
  }
}

}  // namespace

void add_origin_routes(Router& router, const Catalogue& catalogue, const offload::Dispatcher& dispatcher,
                       bool blocking_allowed) {
  router.get_constant("/", welcome());
  router.get("/blocking",
             [blocking_allowed](Call& call, const httplib::Request& request, httplib::Response& response) {
               block(call, request, response, blocking_allowed);
             });
  router.get("/non-blocking", [&](Call& call, const httplib::Request& request, httplib::Response& response) {
    offload_spin(call, request, response, catalogue, dispatcher);
  });
}

}  // namespace routes
