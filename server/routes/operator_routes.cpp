#include "server/routes/operator_routes.h"

#include "server/routes/openapi.h"
#include "server/routes/reply.h"
#include "server/web/dashboard.h"

namespace routes {
namespace {

void ready(Call& call, httplib::Response& response, const offload::Dispatcher& dispatcher) {
  const auto& admission = dispatcher.admission();
  if (!admission.full()) return answer(call, response, 200, "{\"status\":\"ready\"}\n");
  response.set_header("Retry-After", std::to_string(dispatcher.retry_after_seconds()));
  if (admission.draining()) return problem(call, response, 503, "draining", "the server is shutting down");
  problem(call, response, 503, "queue_full", "all slots are taken and the queue is full");
}

}  // namespace

void add_operator_routes(Router& router, const Catalogue& catalogue, const offload::Dispatcher& dispatcher,
                         telemetry::Metrics& metrics, telemetry::Status& status) {
  using httplib::Request;
  using httplib::Response;
  router.get_constant("/healthz", "{\"status\":\"alive\"}\n");
  router.get("/readyz",
             [&](Call& call, const Request&, Response& response) { ready(call, response, dispatcher); });
  router.get("/metrics", [&](Call& call, const Request&, Response& response) {
    answer(call, response, 200, metrics.text(), "text/plain; version=0.0.4; charset=utf-8");
  });
  router.get("/status", [&](Call& call, const Request&, Response& response) {
    response.set_header("Cache-Control", "no-store");
    answer(call, response, 200, status.json());
  });
  router.get_constant("/openapi.json", openapi(catalogue).dump(2) + "\n");
  router.get_constant("/dashboard", std::string(web::dashboard_page()), "text/html; charset=utf-8",
                      {{"Content-Security-Policy", std::string(web::dashboard_csp())},
                       {"Cache-Control", "no-cache"},
                       {"X-Content-Type-Options", "nosniff"}});
}

}  // namespace routes
