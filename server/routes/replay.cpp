#include "server/routes/replay.h"

#include "server/routes/logged_lines.h"
#include "server/routes/task_routes.h"

namespace routes {
namespace {

jobs::Ending ending_of(Reply reply, const Call& call) {
  jobs::Ending ending;
  ending.state = reply.status < 400 ? jobs::State::done : jobs::State::failed;
  ending.status = reply.status;
  ending.reason = reply.reason;
  ending.type = type_of(reply);
  if (call.outcome && call.outcome->usage) ending.usage = usage_json(*call.outcome->usage);
  ending.result = content_of(reply);
  return ending;
}

}  // namespace

jobs::Content content_of(Reply& reply) {
  if (reply.file.fd) return {{}, std::move(reply.file.fd), reply.file.size, reply.file.offset};
  const auto size = reply.content.size();
  return {std::move(reply.content), {}, size};
}

Replay::Replay(const jobs::Submission& request, std::string request_id, process::Client client,
               process::JobListener& listener)
    : call(exchange) {
  exchange.request.method = "POST";
  exchange.request.target =
      "/tasks/" + request.task + (request.query.empty() ? std::string() : "?" + request.query);
  exchange.request.fields = {{"Content-Type", request.content_type}, {"Accept", request.accept}};
  exchange.received = Clock::now();
  call.request_id = std::move(request_id);
  call.client = std::move(client);
  call.parameter = request.task;
  call.listener = &listener;
}

awaitable<Reply> Replay::run(Offload& offload) {
  co_return co_await run_task(call, offload);
}

awaitable<jobs::Ending> StoredWork::run(jobs::Begun& job, offload::Slot slot, jobs::Topic& topic) {
  process::Client client{job.record.client};
  client.key = job.record.owner;  // a process that stays serves one key alone
  Replay replay(job.submission, job.record.id, std::move(client), topic);
  const loop::FreedOnPool body(json_pool_, replay.exchange.request.body);
  replay.call.slot = std::move(slot);
  const auto* content = &job.submission.content;
  const auto* task = offload_.catalogue().find(job.record.task);
  if (content->file && task && task->command) {
    replay.exchange.request.file =
        front_door::SpooledContent(std::move(job.submission.content.file), content->size);
  } else if (content->file) {
    // The pool closes it, too: by the job's end it has no name any more, and that takes milliseconds.
    auto read = [content = std::move(job.submission.content)] { return jobs::read_all(content); };
    replay.exchange.request.body = co_await json_pool_.call(std::move(read));
  } else {
    replay.exchange.request.body = std::move(job.submission.content.bytes);
  }
  topic.on_line = logged_as(observers_, job.record.id);
  auto reply = co_await replay.run(offload_);
  topic.end_of_stderr();
  auto ending = ending_of(std::move(reply), replay.call);
  tell(job, replay, ending);
  co_return ending;
}

std::size_t StoredWork::most_of(const std::string& name) const {
  const auto* task = offload_.catalogue().find(name);
  return task && task->command && task->command->running > 0 ? task->command->running : jobs::kUnbounded;
}

void StoredWork::tell(const jobs::Begun& job, const Replay& replay, const jobs::Ending& ending) const {
  telemetry::StoredJobRecord record;
  record.id = job.record.id;
  record.client = job.record.client;
  record.owner = job.record.owner;
  record.task = replay.call.task.empty() ? "unknown" : replay.call.task;
  record.attempt = job.record.attempts;
  record.status = ending.status;
  record.reason = ending.reason;
  record.total_ms = milliseconds(Clock::now() - replay.exchange.received);
  record.outcome = replay.call.outcome ? &*replay.call.outcome : nullptr;
  for (auto* observer : observers_) observer->on_stored_job(record);
}

}  // namespace routes
