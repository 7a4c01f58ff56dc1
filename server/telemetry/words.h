#pragma once
// The words that figures are labelled with, so that each begins at 0, and what they mean. Read by metrics.cpp
// and status.cpp; routes/ and front_door/ say them.

#include <string_view>

namespace telemetry {

/// Every reason of a problem document (server/REFERENCE.md, "Reasons").
inline constexpr std::string_view kReasons[] = {"bad_json",
                                                "bad_reply",
                                                "bad_request",
                                                "blocking_route_off",
                                                "body_timeout",
                                                "body_too_large",
                                                "buffers_full",
                                                "cannot_spawn",
                                                "connections_per_ip",
                                                "cpu_limit",
                                                "crashed",
                                                "cross_site",
                                                "deadline_exceeded",
                                                "draining",
                                                "expectation_failed",
                                                "head_too_large",
                                                "header_timeout",
                                                "internal_error",
                                                "invalid_params",
                                                "jobs_off",
                                                "key_reused",
                                                "memory_limit",
                                                "method_not_allowed",
                                                "no_result",
                                                "no_such_range",
                                                "not_done",
                                                "not_implemented",
                                                "queue_full",
                                                "queue_timeout",
                                                "reply_too_large",
                                                "scratch_full",
                                                "store_failed",
                                                "task_failed",
                                                "unauthorized",
                                                "unknown_host",
                                                "unknown_job",
                                                "unknown_route",
                                                "unknown_task",
                                                "unsupported_media_type",
                                                "uri_too_long"};

/// Every outcome of a job: Outcome::word(), and that its client left.
inline constexpr std::string_view kOutcomes[] = {"ok",
                                                 "task_failed",
                                                 "invalid_params",
                                                 "client_gone",
                                                 "queue_full",
                                                 "queue_timeout",
                                                 "draining",
                                                 "cannot_spawn",
                                                 "crashed",
                                                 "memory_limit",
                                                 "reply_too_large",
                                                 "bad_reply",
                                                 "deadline_exceeded",
                                                 "cpu_limit"};

/// Of these outcomes: the job never had its turn.
constexpr bool is_refused(std::string_view outcome) {
  return outcome == "queue_full" || outcome == "queue_timeout" || outcome == "draining";
}

/// It had, and somebody should know why it came to nothing. Its client knows of wrong params, or is gone.
constexpr bool is_failed(std::string_view outcome) {
  return outcome != "ok" && outcome != "invalid_params" && outcome != "client_gone" && !is_refused(outcome);
}

}  // namespace telemetry
