#include "server/routes/job_document.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace routes {
namespace {

using ipc::Json;

Json or_null(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

// RFC 3339, in UTC.
Json time_or_null(jobs::UnixTime at) {
  if (at == 0) return nullptr;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(at / 1000)),
                     at % 1000);
}

}  // namespace

std::string job_path(const std::string& id) {
  return "/jobs/" + id;
}

std::string result_path(const std::string& id) {
  return job_path(id) + "/result";
}

Json job_document(const jobs::Record& record, const jobs::Runner& runner) {
  const auto position = runner.position(record.id);
  const auto progress = runner.progress(record.id);
  const bool has_result = record.status != 0;
  return {{"id", record.id},
          {"task", record.task},
          {"state", jobs::to_string(record.state)},
          {"position", position ? Json(position) : Json(nullptr)},
          {"progress", progress ? Json(*progress) : Json(nullptr)},
          {"attempts", record.attempts},
          {"created", time_or_null(record.created)},
          {"started", time_or_null(record.started)},
          {"ended", time_or_null(record.ended)},
          {"status", has_result ? Json(record.status) : Json(nullptr)},
          {"reason", or_null(record.reason)},
          {"usage", record.usage.empty() ? Json(nullptr) : Json::parse(record.usage)},
          {"result", has_result ? Json(result_path(record.id)) : Json(nullptr)},
          {"result_type", or_null(record.type)},
          {"result_bytes", has_result ? Json(record.result_size) : Json(nullptr)}};
}

Json job_schema() {
  const Json text{{"type", "string"}}, count{{"type", "integer"}, {"minimum", 0}};
  const Json text_or_null{{"type", {"string", "null"}}}, count_or_null{{"type", {"integer", "null"}}};
  const Json time{{"type", {"string", "null"}}, {"format", "date-time"}};
  auto states = Json::array();
  for (int i = 0; i < jobs::kStates; ++i) states.push_back(jobs::to_string(static_cast<jobs::State>(i)));
  return {{"type", "object"},
          {"required", {"id", "task", "state"}},
          {"properties",
           {{"id", text},
            {"task", text},
            {"state", {{"type", "string"}, {"enum", std::move(states)}}},
            {"position", count_or_null},
            {"progress", {{"type", {"number", "null"}}, {"minimum", 0}, {"maximum", 1}}},
            {"attempts", count},
            {"created", time},
            {"started", time},
            {"ended", time},
            {"status", count_or_null},
            {"reason", text_or_null},
            {"usage", {{"type", {"object", "null"}}}},
            {"result", text_or_null},
            {"result_type", text_or_null},
            {"result_bytes", count_or_null}}}};
}

}  // namespace routes
