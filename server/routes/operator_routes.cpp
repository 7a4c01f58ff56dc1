#include "server/routes/operator_routes.h"

#include "server/routes/reply.h"

namespace routes {

void add_operator_routes(Router& router, const offload::Dispatcher& dispatcher) {
  router.get("/healthz", "/healthz", [](Call& call, const httplib::Request&, httplib::Response& response) {
    answer(call, response, 200, "{\"status\":\"alive\"}\n");
  });
  router.get("/readyz", "/readyz", [&](Call& call, const httplib::Request&, httplib::Response& response) {
    const auto& admission = dispatcher.admission();
    if (!admission.full()) return answer(call, response, 200, "{\"status\":\"ready\"}\n");
    response.set_header("Retry-After", std::to_string(dispatcher.retry_after_seconds()));
    if (admission.closed()) return problem(call, response, 503, "draining", "the server is shutting down");
    problem(call, response, 503, "queue_full", "all slots are taken and the queue is full");
  });
}

}  // namespace routes
