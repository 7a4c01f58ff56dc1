#include "server/process/line_dialogue.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "server/loop/loop.h"
#include "server/loop/size_limits.h"
#include "server/process/explain_end.h"

namespace process {
namespace {

const std::string kNotQuoted = "(not shown: its process has done other jobs, and it may be theirs)";

}  // namespace

void Dialogue::accept_stdout(std::string_view bytes) {
  collect(bytes);
  understand(kJsonOnLoop);
}

LineDialogue::LineDialogue(const Job& job, Quoting quoting)
    : request_(job.line),
      rpc_id_(job.rpc_id),
      limits_(job.limits),
      quoting_(quoting),
      lines_(job.limits.max_reply, kLongLine) {}

void LineDialogue::fail(Reason reason, std::string detail) {
  if (!fault_) fault_ = Failure{reason, std::move(detail), {}, {}};
}

// To make the memory for a longer line takes the kernel longer than the loop has time.
std::size_t LineDialogue::room_on_loop() const {
  return ipc::kShort - std::min(ipc::kShort, lines_.buffered());
}

void LineDialogue::collect(std::string_view bytes) {
  if (fault_) return;
  lines_.feed(bytes);
  collected_ += bytes.size();
  if (lines_.overflowed() || collected_ > limits_.max_reply)
    fail(Reason::reply_too_large,
         fmt::format("it wrote more than {} bytes (--max-reply)", limits_.max_reply));
}

// One line after the other. Many short ones are as good as a long one.
void LineDialogue::understand(std::size_t budget) {
  while (!fault_) {
    auto line = waiting_ ? std::exchange(waiting_, {}) : lines_.next();
    if (!line) break;
    if (answer_ && ipc::is_closing_line(*line) && !std::exchange(closing_line_, true)) {
      closed_ = true;
    } else if (answer_) {
      fail(Reason::bad_reply, "it wrote more after its answer");
    } else if (line->size() > budget) {
      waiting_ = std::move(line);
      return;
    } else {
      budget -= line->size();
      accept_line(std::move(*line));
    }
  }
  if (answer_ && lines_.buffered() > 0) fail(Reason::bad_reply, "it wrote more after its answer");
}

void LineDialogue::accept_line(std::string line) {
  auto reading = Reading::of(std::move(line), rpc_id_);
  own_usage_ = reading.usage;
  if (auto* progress = std::get_if<ipc::Progress>(&reading.what)) {
    if (!std::isnan(progress->fraction)) progress_ = progress->fraction;
  } else if (auto* malformed = std::get_if<ipc::Malformed>(&reading.what)) {
    if (quoting_ == Quoting::forbidden)
      malformed->why.resize(std::min(malformed->why.size(), malformed->unquoted));
    fail(Reason::bad_reply, "a line that it wrote is no message of the protocol: " + malformed->why);
  } else if (auto* result = std::get_if<Result>(&reading.what)) {
    answer_ = std::move(*result);
  } else {
    answer_ = std::move(std::get<TaskError>(reading.what));
  }
}

std::variant<Result, TaskError, Failure> LineDialogue::verdict(const std::optional<WaitStatus>& end) {
  if (fault_) return *fault_;
  if (answer_) {
    return std::visit(
        [](auto& answer) { return std::variant<Result, TaskError, Failure>(std::move(answer)); }, *answer_);
  }
  if (end) {
    auto begun = lines_.give_up();
    if (quoting_ == Quoting::forbidden && !begun.empty()) begun = kNotQuoted;
    return explain_end(*end, limits_, begun);
  }
  return Failure{Reason::bad_reply, "it has not answered", {}, {}};
}

std::vector<std::string> LineDialogue::remains() {
  std::vector<std::string> texts;
  texts.push_back(lines_.give_up());
  if (waiting_) texts.push_back(std::move(*waiting_));
  if (auto* unclaimed = answer_ ? std::get_if<Result>(&*answer_) : nullptr)
    texts.push_back(std::move(unclaimed->opened));
  return texts;
}

}  // namespace process
