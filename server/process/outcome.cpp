#include "server/process/outcome.h"

#include "ipc/message.h"

namespace process {

// A long line is not copied, unless it stands in more room than it needs: whoever holds the result is charged
// for that. In front of the value there is room for this beginning: the line has one at least as long.
Result Result::within(std::string line, std::string_view value) {
  constexpr std::string_view kBeginning = R"({"result":)";
  constexpr std::size_t kRoom = 512, kTooMuch = 1 << 20;
  // The value is still where it was: no line with an answer is so short that moving it would have moved it.
  const auto begin = static_cast<std::size_t>(value.data() - line.data()) - kBeginning.size();
  const auto size = kBeginning.size() + value.size();
  line.replace(begin, kBeginning.size(), kBeginning);
  if (line.capacity() < size + kRoom || line.capacity() > size + kRoom + kTooMuch) {
    std::string fitting;
    fitting.reserve(size + kRoom);
    fitting.append(line, begin, size);
    return {std::move(fitting)};
  }
  line.resize(begin + size);
  line.erase(0, begin);
  return {std::move(line)};
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
    case Reason::task_failed:
      return "task_failed";
  }
  return "crashed";
}

std::string_view Outcome::word() const {
  if (std::holds_alternative<Result>(what) || std::holds_alternative<Output>(what)) return "ok";
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

}  // namespace process
