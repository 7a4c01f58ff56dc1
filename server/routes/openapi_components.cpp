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

Json header_parameter(const char* name, const char* description) {
  return {{"name", name},
          {"in", "header"},
          {"required", false},
          {"description", description},
          {"schema", {{"type", "string"}}}};
}

}  // namespace

Json openapi_components() {
  return {
      {"schemas",
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
       {{"Prefer", header_parameter("Prefer",
                                    "RFC 7240: wait=N shortens the deadline to N seconds; respond-async "
                                    "stores the job, and then wait=N is how long the client waits for it")},
        {"PreferWait", header_parameter("Prefer", "RFC 7240: wait=N waits up to N seconds for a change")},
        {"IdempotencyKey", header_parameter("Idempotency-Key",
                                            "with respond-async: the same key and content are the same job")},
        {"Range", header_parameter("Range", "RFC 9110, of bytes")},
        {"LastEventId", header_parameter("Last-Event-ID", "the last event that was seen")},
        {"RequestId", header_parameter("X-Request-Id", "taken over into the log and the response")}}}};
}

}  // namespace routes
