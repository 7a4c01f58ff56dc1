#include "server/routes/operator_routes.h"

#include "server/routes/embedded_page.h"
#include "server/routes/openapi.h"

namespace routes {
namespace {

Reply ready(const Call& call, const offload::Dispatcher& dispatcher) {
  const auto& admission = dispatcher.admission();
  const bool stuck = dispatcher.crew().stuck();
  if (!admission.full() && !stuck) return json_reply("{\"status\":\"ready\"}\n");
  auto reply = admission.draining() ? problem(call, 503, "draining", "the server is shutting down")
               : stuck ? problem(call, 503, "cannot_spawn", "no process can be started, and no spare is left")
                       : problem(call, 503, "queue_full",
                                 "all slots are taken (--running) and the queue is full (--waiting)");
  reply.fields.emplace_back("Retry-After", std::to_string(dispatcher.retry_after_seconds()));
  return reply;
}

constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace

Table probe_routes(const offload::Dispatcher& dispatcher) {
  const LightHandler readiness = [&dispatcher](Call& call) { return ready(call, dispatcher); };
  return {
      {"GET", "/healthz", "Alive", Pages{{"{\"status\":\"alive\"}\n"}},
       operation("healthz", json_response("alive"))},
      {"GET", "/readyz", "Ready for a heavy request", readiness, operation("readyz", json_response("ready"))},
  };
}

Table operator_routes(telemetry::Metrics& metrics, telemetry::Status& status,
                      const telemetry::Sources& sources, bool for_operators) {
  const LightHandler figures = [&metrics, sources](Call&) {
    return Reply{200, {{"Content-Type", kMetricsType}}, metrics.text(sources)};
  };
  const LightHandler picture = [&status, sources, for_operators](Call& call) {
    if (for_operators) return json_reply(status.json(sources, std::nullopt));
    return json_reply(status.json(sources, call.query("id").value_or("")));
  };
  const LightHandler history = [&status](Call&) { return json_reply(status.history_json()); };
  const ipc::Json text{{"type", "string"}};
  return {
      {"GET", "/metrics", "Figures for Prometheus", figures,
       operation("metrics", response("text exposition format", "text/plain", text))},
      {"GET", "/status", "What runs and what waits", picture,
       operation("status", response("the picture", "application/json", reference("schemas", "Status")))},
      {"GET", "/status/history", "What ran and what waited in the last fifteen minutes", history,
       operation("status_history", response("a point for each five seconds", "application/json",
                                            reference("schemas", "StatusHistory")))},
      {"GET", "/dashboard", "The same, to look at", Pages{html_page(web::dashboard())},
       operation("dashboard", response("the page", "text/html", text))},
  };
}

}  // namespace routes
