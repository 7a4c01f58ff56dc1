#include "server/routes/command_routes.h"

#include "server/routes/command_params.h"
#include "server/routes/content_type.h"
#include "server/routes/deadline.h"
#include "server/routes/httplib_text.h"
#include "server/routes/target.h"

namespace routes {
namespace {

constexpr std::size_t kMostWords = process::kMostWords - 4096;  // with room for the folder's path

std::optional<Reply> too_long(const Call& call, const process::Command& command,
                              const process::CommandInput& input) {
  if (process::size_of_words(process::order_of(command, input, "")) <= kMostWords) return std::nullopt;
  const std::vector<ipc::Violation> wrong{{"", "are too long for a command line"}};
  return problem(call, wrong);
}

// What the head of the request says: the content's type, and the params.
std::variant<process::CommandInput, Reply> input_of(const Call& call, const Task& task) {
  const auto& command = *task.command;
  if (auto wrong = wrong_content(call, command.accepts)) return std::move(*wrong);
  auto params = command_params(task, query_pairs(query_of(call.exchange.request.target)));
  if (const auto* wrong = std::get_if<std::vector<ipc::Violation>>(&params)) return problem(call, *wrong);
  process::CommandInput input{std::move(std::get<process::ParamValues>(params)), nullptr};
  if (auto wrong = too_long(call, command, input)) return std::move(*wrong);
  return input;
}

}  // namespace

std::optional<Reply> fault_of_command(const Call& call, const Task& task) {
  auto input = input_of(call, task);
  if (auto* fault = std::get_if<Reply>(&input)) return std::move(*fault);
  return std::nullopt;
}

awaitable<Reply> run_command(Call& call, Offload& offload, const Task& task) {
  const auto& command = *task.command;
  auto made = input_of(call, task);
  if (auto* wrong = std::get_if<Reply>(&made)) co_return std::move(*wrong);
  auto& input = std::get<process::CommandInput>(made);
  if (auto refusal = offload.refusal(call)) co_return std::move(*refusal);
  const auto content = co_await call.content();
  const Patience patience(call, task);
  if (auto& spooled = call.exchange.request.file; spooled.fd)
    input.content = std::make_shared<loop::UniqueFd>(std::move(spooled.fd));
  else if (!content.empty())
    input.content = co_await offload.file_of(content);
  if (!content.empty() && !input.content)
    co_return problem(call, 503, "cannot_spawn", "there is no room for the content");
  process::Job job{call.request_id, {}, task.name, {}, patience.deadline, task.limits, call.client};
  auto reply = co_await offload.run_command(call, std::move(job), command, std::move(input));
  co_return patience.confirmed_by(std::move(reply));
}

ipc::Json describe_command(const Task& task) {
  return {{"name", task.name},
          {"summary", task.summary},
          {"params", task.params_schema},
          {"accepts", task.command->accepts},
          {"answers", task.command->answers_header ? ipc::Json() : ipc::Json(task.command->answers)}};
}

}  // namespace routes
