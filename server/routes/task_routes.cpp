#include "server/routes/task_routes.h"

#include <fmt/format.h>

#include "server/loop/random_id.h"
#include "server/routes/deadline.h"
#include "server/routes/reply.h"

namespace routes {
namespace {

ipc::Json describe(const Task& task) {
  return {{"name", task.name},
          {"summary", task.summary},
          {"params", task.params_schema},
          {"result", task.result_schema}};
}

const Task* find_task(Call& call, httplib::Response& response, const Catalogue& catalogue) {
  const auto* task = catalogue.find(call.parameter);
  if (!task)
    problem(call, response, 404, "unknown_task",
            fmt::format("there is no task '{}'; GET /tasks lists them", call.parameter));
  return task;
}

void run_task(Call& call, httplib::Response& response, const Catalogue& catalogue,
              const offload::Dispatcher& dispatcher) {
  const auto* task = find_task(call, response, catalogue);
  if (!task) return;
  call.task = task->name;
  if (!call.outcome && !call.prepared) call.outcome = dispatcher.refusal(call.client);
  if (call.head_only && !call.outcome) {
    call.wanted = HeadAccepted{};
    return;
  }
  auto deadline = deadline_of(call, response, *task);
  if (call.outcome) return answer_outcome(call, response, *call.outcome, dispatcher.retry_after_seconds());
  if (!call.prepared) {
    call.rpc_id = loop::random_id();
    const auto work = [task, body = std::string_view(call.exchange->request.body), id = call.rpc_id] {
      return prepare(*task, body, id);
    };
    if (call.exchange->request.body.size() > kJsonOnLoop) {
      call.wanted = Preparation(work);
      return;
    }
    call.prepared = work();
  }
  if (auto* fault = std::get_if<ipc::JsonFault>(&*call.prepared)) return problem(call, response, *fault);
  if (auto* wrong = std::get_if<std::vector<ipc::Violation>>(&*call.prepared))
    return problem(call, response, *wrong);
  call.wanted = process::Job{
      call.request_id, call.rpc_id,  task->name, std::move(std::get<std::string>(*call.prepared)),
      deadline,        task->limits, call.client};
}

}  // namespace

void add_task_routes(Router& router, const Catalogue& catalogue, const offload::Dispatcher& dispatcher) {
  auto all = ipc::Json::array();
  for (const auto& [name, task] : catalogue.tasks()) all.push_back(describe(task));
  router.get_constant("/tasks", ipc::Json{{"tasks", all}}.dump(2) + "\n");
  router.get("/tasks/{name}", [&](Call& call, const httplib::Request&, httplib::Response& response) {
    if (const auto* task = find_task(call, response, catalogue))
      answer(call, response, 200, describe(*task).dump(2) + "\n");
  });
  router.post("/tasks/{name}", [&](Call& call, const httplib::Request&, httplib::Response& response) {
    run_task(call, response, catalogue, dispatcher);
  });
}

}  // namespace routes
