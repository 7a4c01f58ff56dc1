#include "server/routes/reply.h"

#include <fmt/format.h>

#include "ipc/message.h"
#include "server/front_door/response.h"

namespace routes {

std::string usage_json(const process::Usage& usage) {
  const auto cpu = usage.cpu_known ? fmt::format("{:.3f}", usage.cpu_ms()) : "null";
  return fmt::format(
      R"({{"wait_ms":{:.3f},"run_ms":{:.3f},"cpu_ms":{},"max_rss_kib":{},"pid":{},"job_of_process":{}}})",
      usage.wait_ms, usage.run_ms, cpu, usage.max_rss_kib ? std::to_string(*usage.max_rss_kib) : "null",
      usage.pid, usage.job_of_process);
}

namespace {

int status_of(process::Reason reason) {
  switch (reason) {
    case process::Reason::queue_full:
    case process::Reason::queue_timeout:
    case process::Reason::draining:
    case process::Reason::cannot_spawn:
      return 503;
    case process::Reason::deadline_exceeded:
    case process::Reason::cpu_limit:
      return 504;
    case process::Reason::memory_limit:
    case process::Reason::reply_too_large:
    case process::Reason::bad_reply:
    case process::Reason::crashed:
      return 502;
    case process::Reason::task_failed:
      return 500;
  }
  return 502;
}

ipc::Json usage_member(const process::Outcome& outcome) {
  auto more = ipc::Json::object();
  if (outcome.usage) more["usage"] = ipc::Json::parse(usage_json(*outcome.usage));
  return more;
}

Reply task_error(const Call& call, const process::Outcome& outcome, process::TaskError& error) {
  auto more = usage_member(outcome);
  switch (static_cast<ipc::ErrorCode>(error.code)) {
    case ipc::ErrorCode::invalid_params:
      // The schema let it through; the task knows better (a pattern that does not compile).
      if (error.data.is_object() && error.data.contains("errors"))
        more["errors"] = std::move(error.data["errors"]);
      return problem(call, 422, "invalid_params", error.message, std::move(more));
    case ipc::ErrorCode::out_of_memory:
      return problem(call, 502, "memory_limit", error.message, std::move(more));
    default:
      more["code"] = error.code;
      if (!error.data.is_null()) more["data"] = std::move(error.data);
      return problem(call, 500, "task_failed", error.message, std::move(more));
  }
}

Reply failure_of(const Call& call, const process::Outcome& outcome, const process::Failure& failure,
                 int retry_after) {
  auto more = usage_member(outcome);
  if (failure.signal)
    more["signal"] = ::sigabbrev_np(*failure.signal) ? fmt::format("SIG{}", ::sigabbrev_np(*failure.signal))
                                                     : std::to_string(*failure.signal);
  if (failure.exit_code) more["exit_code"] = *failure.exit_code;
  const int status = failure.status.value_or(status_of(failure.reason));
  auto reply = problem(call, status, process::to_string(failure.reason), failure.detail, std::move(more));
  if (status == 503) reply.fields.emplace_back("Retry-After", std::to_string(retry_after));
  return reply;
}

Reply output_reply(process::Output& output) {
  Reply reply{200, {{"Content-Type", output.type}}, std::move(output.bytes)};
  if (output.file) reply.file = {std::move(output.file), output.offset, output.size};
  return reply;
}

Reply body_of(const Call& call, process::Outcome& outcome, int retry_after) {
  if (auto* result = std::get_if<process::Result>(&outcome.what)) {
    auto content = std::move(result->opened);
    content.append(R"(,"usage":)").append(outcome.usage ? usage_json(*outcome.usage) : "null").append("}\n");
    return json_reply(std::move(content));
  }
  if (auto* error = std::get_if<process::TaskError>(&outcome.what)) return task_error(call, outcome, *error);
  if (auto* output = std::get_if<process::Output>(&outcome.what)) return output_reply(*output);
  return failure_of(call, outcome, std::get<process::Failure>(outcome.what), retry_after);
}

}  // namespace

std::string type_of(const Reply& reply) {
  for (const auto& [name, value] : reply.fields)
    if (name == "Content-Type") return value;
  return {};
}

Reply json_reply(std::string content) {
  return {200, {{"Content-Type", "application/json"}}, std::move(content)};
}

Reply problem(const Call& call, int status, std::string_view reason, std::string_view detail,
              ipc::Json more) {
  return {status,
          {{"Content-Type", "application/problem+json"}},
          front_door::problem_document(status, reason, detail, call.request_id, std::move(more)),
          reason};
}

Reply problem(const Call& call, const ipc::JsonFault& fault) {
  return problem(call, 400, "bad_json",
                 fmt::format("the content is no JSON: {} (at byte {})", fault.message, fault.offset));
}

Reply problem(const Call& call, const std::vector<ipc::Violation>& violations) {
  std::string detail;
  for (const auto& violation : violations)
    detail += fmt::format("{}{} {}", detail.empty() ? "" : "; ",
                          violation.pointer.empty() ? "the params" : violation.pointer, violation.message);
  return problem(call, 422, "invalid_params", detail, {{"errors", ipc::to_json(violations)}});
}

Reply reply_of(const Call& call, process::Outcome& outcome, int retry_after) {
  auto reply = body_of(call, outcome, retry_after);
  if (const auto& usage = outcome.usage)
    reply.fields.emplace_back("Server-Timing", fmt::format("wait;dur={:.3f}, run;dur={:.3f}, cpu;dur={:.3f}",
                                                           usage->wait_ms, usage->run_ms, usage->cpu_ms()));
  return reply;
}

}  // namespace routes
