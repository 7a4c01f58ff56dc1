#include "server/telemetry/last_failures.h"

#include "server/process/quote.h"
#include "server/telemetry/figures_json.h"

namespace telemetry {
namespace {

std::string_view detail_of(const process::Outcome& outcome) {
  if (const auto* failure = std::get_if<process::Failure>(&outcome.what)) return failure->detail;
  if (const auto* error = std::get_if<process::TaskError>(&outcome.what)) return error->message;
  return {};
}

ipc::Json text_or_null(const std::string& text, bool told) {
  return told && !text.empty() ? ipc::Json(text) : ipc::Json(nullptr);
}

}  // namespace

void LastFailures::add(std::string_view id, std::string_view task, const process::Outcome& outcome) {
  if (entries_.size() == kKept) entries_.pop_back();
  entries_.push_front({std::chrono::system_clock::now(), std::string(id), std::string(task),
                       ipc::shortened(detail_of(outcome), kBytes),
                       process::last_part(outcome.stderr_tail, kBytes), outcome.word()});
}

ipc::Json LastFailures::json(const std::optional<std::string>& own) const {
  auto list = ipc::Json::array();
  for (const auto& entry : entries_) {
    const bool told = !own || *own == entry.id;
    list.push_back({{"time", time_text(entry.time)},
                    {"id", text_or_null(entry.id, told)},
                    {"task", entry.task},
                    {"reason", entry.reason},
                    {"detail", text_or_null(entry.detail, told)},
                    {"stderr", text_or_null(entry.err, told)}});
  }
  return list;
}

ipc::Json last_failures_schema() {
  const ipc::Json text{{"type", "string"}}, text_or_none{{"type", {"string", "null"}}};
  return {{"type", "array"},
          {"maxItems", LastFailures::kKept},
          {"items", object_of({{"time", {{"type", "string"}, {"format", "date-time"}}},
                               {"id", text_or_none},
                               {"task", text},
                               {"reason", text},
                               {"detail", text_or_none},
                               {"stderr", text_or_none}})}};
}

}  // namespace telemetry
