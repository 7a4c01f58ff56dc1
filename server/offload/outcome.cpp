#include "server/offload/outcome.h"

#include "ipc/message.h"

namespace offload {

Result Result::of(ipc::Json value) {
  constexpr std::size_t kRoom = 512;
  auto object = ipc::Json::object();
  object["result"] = std::move(value);
  const auto text = ipc::print_json(object);
  Result result;
  result.opened.reserve(text.size() + kRoom);  // and no more: printing leaves up to as much again
  result.opened.append(text, 0, text.size() - 1);
  return result;
}

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::queue_full:
      return "queue_full";
    case Reason::queue_timeout:
      return "queue_timeout";
    case Reason::draining:
      return "draining";
    case Reason::cannot_spawn:
      return "cannot_spawn";
    case Reason::deadline_exceeded:
      return "deadline_exceeded";
    case Reason::cpu_limit:
      return "cpu_limit";
    case Reason::memory_limit:
      return "memory_limit";
    case Reason::reply_too_large:
      return "reply_too_large";
    case Reason::bad_reply:
      return "bad_reply";
    case Reason::crashed:
      return "crashed";
  }
  return "crashed";
}

std::string_view Outcome::word() const {
  if (std::holds_alternative<Result>(what)) return "ok";
  if (const auto* failure = std::get_if<Failure>(&what)) return to_string(failure->reason);
  switch (static_cast<ipc::ErrorCode>(std::get<TaskError>(what).code)) {
    case ipc::ErrorCode::invalid_params:
      return "invalid_params";
    case ipc::ErrorCode::out_of_memory:
      return "memory_limit";
    default:
      return "task_failed";
  }
}

}  // namespace offload
