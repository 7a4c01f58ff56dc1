#include "server/routes/reply.h"

#include <fmt/format.h>

#include "ipc/message.h"
#include "server/front_door/refusal.h"

namespace routes {
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
  }
  return 502;
}

std::string usage_json(const process::Usage& usage) {
  return fmt::format(R"({{"wait_ms":{:.3f},"run_ms":{:.3f},"cpu_ms":{:.3f},"max_rss_kib":{},"pid":{}}})",
                     usage.wait_ms, usage.run_ms, usage.cpu_ms(),
                     usage.max_rss_kib ? std::to_string(*usage.max_rss_kib) : "null", usage.pid);
}

ipc::Json usage_member(const process::Outcome& outcome) {
  auto more = ipc::Json::object();
  if (outcome.usage) more["usage"] = ipc::Json::parse(usage_json(*outcome.usage));
  return more;
}

void task_error(Call& call, httplib::Response& response, const process::Outcome& outcome,
                process::TaskError& error) {
  auto more = usage_member(outcome);
  switch (static_cast<ipc::ErrorCode>(error.code)) {
    case ipc::ErrorCode::invalid_params:
      // The schema let it through; the task knows better (a pattern that does not compile).
      if (error.data.is_object() && error.data.contains("errors"))
        more["errors"] = std::move(error.data["errors"]);
      return problem(call, response, 422, "invalid_params", error.message, std::move(more));
    case ipc::ErrorCode::out_of_memory:
      return problem(call, response, 502, "memory_limit", error.message, std::move(more));
    default:
      more["code"] = error.code;
      if (!error.data.is_null()) more["data"] = std::move(error.data);
      return problem(call, response, 500, "task_failed", error.message, std::move(more));
  }
}

}  // namespace

void answer(Call& call, httplib::Response& response, int status, std::string content,
            const char* content_type) {
  response.status = status;
  response.set_header("Content-Type", content_type);
  response.set_header("Content-Length", std::to_string(content.size()));
  call.content = std::move(content);
}

void problem(Call& call, httplib::Response& response, int status, std::string_view reason, std::string detail,
             ipc::Json more) {
  call.reason = reason;
  more["type"] = "about:blank";
  more["title"] = front_door::status_phrase(status);
  more["status"] = status;
  more["reason"] = reason;
  more["detail"] = std::move(detail);
  more["request_id"] = call.request_id;
  answer(call, response, status, ipc::print_json(more) + "\n", "application/problem+json");
}

void problem(Call& call, httplib::Response& response, const ipc::JsonFault& fault) {
  problem(call, response, 400, "bad_json",
          fmt::format("the content is no JSON: {} (at byte {})", fault.message, fault.offset));
}

void problem(Call& call, httplib::Response& response, const std::vector<ipc::Violation>& violations) {
  std::string detail;
  for (const auto& violation : violations)
    detail += fmt::format("{}{} {}", detail.empty() ? "" : "; ",
                          violation.pointer.empty() ? "the params" : violation.pointer, violation.message);
  problem(call, response, 422, "invalid_params", detail, {{"errors", ipc::to_json(violations)}});
}

void answer_outcome(Call& call, httplib::Response& response, process::Outcome& outcome, int retry_after) {
  if (outcome.usage)
    response.set_header("Server-Timing",
                        fmt::format("wait;dur={:.3f}, run;dur={:.3f}, cpu;dur={:.3f}", outcome.usage->wait_ms,
                                    outcome.usage->run_ms, outcome.usage->cpu_ms()));
  if (auto* result = std::get_if<process::Result>(&outcome.what)) {
    auto content = std::move(result->opened);
    content.append(R"(,"usage":)").append(outcome.usage ? usage_json(*outcome.usage) : "null").append("}\n");
    return answer(call, response, 200, std::move(content));
  }
  if (auto* error = std::get_if<process::TaskError>(&outcome.what))
    return task_error(call, response, outcome, *error);
  const auto& failure = std::get<process::Failure>(outcome.what);
  auto more = usage_member(outcome);
  if (failure.signal)
    more["signal"] = ::sigabbrev_np(*failure.signal) ? fmt::format("SIG{}", ::sigabbrev_np(*failure.signal))
                                                     : std::to_string(*failure.signal);
  if (failure.exit_code) more["exit_code"] = *failure.exit_code;
  const int status = status_of(failure.reason);
  if (status == 503) response.set_header("Retry-After", std::to_string(retry_after));
  problem(call, response, status, process::to_string(failure.reason), failure.detail, std::move(more));
}

}  // namespace routes
