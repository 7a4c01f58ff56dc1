#include "server/routes/openapi_components.h"

#include "server/routes/job_document.h"
#include "server/routes/openapi.h"
#include "server/telemetry/status.h"

namespace routes {

using ipc::Json;

namespace {

Json usage_schema() {
  const Json number{{"type", "number"}, {"minimum", 0}};
  const Json count_or_null{{"type", {"integer", "null"}}};
  return {{"type", "object"},
          {"description",
           "what a job cost, by the kernel's accounting; its peak of memory is not known of most jobs that "
           "answer within 10 ms"},
          {"properties",
           {{"wait_ms", number},
            {"run_ms", number},
            {"cpu_ms", {{"type", {"number", "null"}}}},
            {"max_rss_kib", count_or_null},
            {"pid", {{"type", "integer"}}},
            {"job_of_process", {{"type", "integer"}, {"minimum", 1}}}}}};
}

Json problem_schema() {
  return {{"type", "object"},
          {"description", "RFC 9457"},
          {"required", {"type", "title", "status", "reason", "detail"}},
          {"properties",
           {{"type", {{"type", "string"}}},
            {"title", {{"type", "string"}}},
            {"status", {{"type", "integer"}}},
            {"reason", {{"type", "string"}, {"description", "stable word for programs"}}},
            {"detail", {{"type", "string"}}},
            {"request_id", {{"type", "string"}}},
            {"errors",
             {{"type", "array"},
              {"items",
               {{"type", "object"},
                {"required", {"pointer", "message"}},
                {"properties", {{"pointer", {{"type", "string"}}}, {"message", {{"type", "string"}}}}}}}}},
            {"signal", {{"type", "string"}}},
            {"exit_code", {{"type", "integer"}}},
            {"usage", reference("schemas", "Usage")}}}};
}

}  // namespace

Json openapi_components() {
  return {{"schemas",
           {{"Status", telemetry::status_schema()},
            {"StatusHistory", telemetry::status_history_schema()},
            {"Job", job_schema()},
            {"Usage", usage_schema()},
            {"Problem", problem_schema()}}},
          {"responses",
           {{"Problem", response("why not", "application/problem+json", reference("schemas", "Problem"))}}},
          {"securitySchemes",
           {{"ApiKey",
             {{"type", "http"},
              {"scheme", "bearer"},
              {"description", "needed where the server has --api-keys"}}}}},
          {"parameters",
           {{"Prefer",
             {{"name", "Prefer"},
              {"in", "header"},
              {"required", false},
              {"description", "wait=N shortens the deadline to N seconds (RFC 7240)"},
              {"schema", {{"type", "string"}}}}},
            {"RequestId",
             {{"name", "X-Request-Id"},
              {"in", "header"},
              {"required", false},
              {"description", "taken over into the log and the response"},
              {"schema", {{"type", "string"}}}}}}}};
}

}  // namespace routes
