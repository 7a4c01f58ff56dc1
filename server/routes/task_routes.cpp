#include "server/routes/task_routes.h"

#include <fmt/format.h>

#include "server/loop/random_id.h"
#include "server/routes/accept.h"
#include "server/routes/command_params.h"
#include "server/routes/command_routes.h"
#include "server/routes/content_type.h"
#include "server/routes/deadline.h"
#include "server/routes/events.h"
#include "server/routes/httplib_text.h"
#include "server/routes/openapi.h"
#include "server/routes/preferences.h"
#include "server/routes/submission.h"
#include "server/routes/target.h"

namespace routes {
namespace {

ipc::Json describe(const Task& task) {
  if (task.command) return describe_command(task);
  return {{"name", task.name},
          {"summary", task.summary},
          {"params", task.params_schema},
          {"result", task.result_schema}};
}

Page list(const Catalogue& catalogue) {
  auto all = ipc::Json::array();
  for (const auto& [name, task] : catalogue.tasks()) all.push_back(describe(task));
  return {ipc::Json{{"tasks", all}}.dump(2) + "\n"};
}

awaitable<Reply> answer(Call& call, Offload& offload, const Stored& stored, Loop& loop) {
  if (Preferences(call.exchange.request).respond_async) co_return co_await submit(call, offload, stored);
  if (prefers_events(call.exchange.request)) co_return co_await run_with_events(call, offload, loop);
  co_return co_await run_task(call, offload);
}

}  // namespace

Reply unknown_task(const Call& call) {
  return problem(call, 404, "unknown_task",
                 fmt::format("there is no task '{}'; GET /tasks lists them", call.parameter));
}

std::optional<front_door::ContentTerms> terms_of(const Catalogue& catalogue, const std::string& name) {
  const auto* task = catalogue.find(name);
  if (!task || !task->command) return std::nullopt;
  return front_door::ContentTerms{task->command->max_body, true, "max_body of the task " + name};
}

// The params of a content that is one of them; the others stand in the query.
awaitable<std::string> params_around(Call& call, Offload& offload, const Task& task,
                                     std::string_view content) {
  const auto& properties = task.params_schema.at("properties");
  auto others = ipc::Json::object();
  for (const auto& [name, text] : query_pairs(query_of(call.exchange.request.target)))
    others[name] = typed_param(text, properties.contains(name) ? properties.at(name) : ipc::Json());
  const auto work = [&task, content, others] { return params_with(*task.content_param, content, others); };
  co_return co_await offload.off_loop(work);
}

// As JSON, or the bytes of its one such member where the client would rather have these.
awaitable<Reply> as_preferred(Call& call, Offload& offload, const BinaryMember& member, Reply reply) {
  reply.fields.emplace_back("Vary", "Accept");
  const auto accept = call.exchange.request.field("Accept");
  if (reply.status != 200 || preference(accept, member.type) <= preference(accept, "application/json"))
    co_return reply;
  const auto work = [&member, text = std::move(reply.content)] { return bytes_of(member, text); };
  auto bytes = co_await offload.off_loop(work);
  if (!bytes) co_return problem(call, 502, "bad_reply", "its member '" + member.name + "' is not in base64");
  reply.content = std::move(*bytes);
  for (auto& [name, value] : reply.fields)
    if (name == "Content-Type") value = member.type;
  co_return reply;
}

std::optional<Reply> wrong_type(const Call& call, const Task& task) {
  std::vector<std::string> types{"application/json"};
  if (task.content_param) types.push_back(task.content_param->type);
  return wrong_content(call, types);
}

// The request line of `job`, which lacks it, of the call's content; or what is wrong with that.
awaitable<std::variant<std::string, Reply>> line_of(Call& call, Offload& offload, const Task& task,
                                                    const process::Job& job) {
  auto content = co_await call.content();
  std::string around;
  if (!is_in_range(call.exchange.request.field("Content-Type"), "application/json")) {
    around = co_await params_around(call, offload, task, content);
    content = around;
  }
  co_return co_await offload.prepare(call, task, content, job);
}

awaitable<std::optional<Reply>> fault_of_request(Call& call, Offload& offload, const Task& task) {
  auto wrong = task.command ? fault_of_command(call, task) : wrong_type(call, task);
  if (wrong) co_return wrong;
  if (task.command) {
    co_await call.content();
    co_return std::nullopt;
  }
  const process::Job job{call.request_id, {},         task.name, {}, Clock::now() + task.limits.timeout,
                         task.limits,     call.client};
  auto line = co_await line_of(call, offload, task, job);
  if (auto* fault = std::get_if<Reply>(&line)) co_return std::move(*fault);
  const auto freed = offload.freed_at_end(std::get<std::string>(line));
  co_return std::nullopt;
}

awaitable<Reply> run_task(Call& call, Offload& offload) {
  const auto* task = offload.catalogue().find(call.parameter);
  if (!task) co_return unknown_task(call);
  call.task = task->name;
  if (task->command) co_return co_await run_command(call, offload, *task);
  if (auto wrong = wrong_type(call, *task)) co_return std::move(*wrong);
  if (auto refusal = offload.refusal(call)) co_return std::move(*refusal);
  co_await call.content();
  const Patience patience(call, *task);
  process::Job job{call.request_id,   loop::random_id(), task->name, {},
                   patience.deadline, task->limits,      call.client};
  auto prepared = co_await line_of(call, offload, *task, job);
  if (auto* refusal = std::get_if<Reply>(&prepared)) co_return std::move(*refusal);
  job.line = std::move(std::get<std::string>(prepared));
  auto reply = co_await offload.run(call, job);
  if (task->content_result)
    reply = co_await as_preferred(call, offload, *task->content_result, std::move(reply));
  co_return patience.confirmed_by(std::move(reply));
}

Table task_routes(Offload& offload, Stored stored, Loop& loop) {
  const auto& catalogue = offload.catalogue();
  const LightHandler describe_one = [&catalogue](Call& call) {
    const auto* task = catalogue.find(call.parameter);
    return task ? json_reply(describe(*task).dump(2) + "\n") : unknown_task(call);
  };
  const HeavyHandler run = [&offload, stored, &loop](Call& call) {
    return answer(call, offload, stored, loop);
  };
  return {
      {"GET", "/tasks", "The tasks and the JSON Schemas of their params", Pages{list(catalogue)},
       operation("list_tasks", json_response("the catalogue"))},
      {"GET", "/tasks/{name}", "One task", describe_one,
       operation(
           "describe_task", json_response("its summary and schemas"),
           {ipc::Json{
               {"name", "name"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}}})},
      // Described for each task by itself.
      {"POST",
       "/tasks/{name}",
       "Runs a task in a process of its own; the content is its params",
       run,
       {},
       [&catalogue](const std::string& name) { return terms_of(catalogue, name); }},
  };
}

}  // namespace routes
