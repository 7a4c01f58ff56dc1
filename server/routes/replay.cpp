#include "server/routes/replay.h"

#include "server/routes/task_routes.h"

namespace routes {
namespace {

jobs::Ending ending_of(Reply reply, const Call& call) {
  jobs::Ending ending;
  ending.state = reply.status < 400 ? jobs::State::done : jobs::State::failed;
  ending.status = reply.status;
  ending.reason = reply.reason;
  for (const auto& [name, value] : reply.fields)
    if (name == "Content-Type") ending.type = value;
  if (call.outcome && call.outcome->usage) ending.usage = usage_json(*call.outcome->usage);
  if (reply.file.fd) {
    ending.result = {{}, std::move(reply.file.fd), reply.file.size};
  } else {
    const auto size = reply.content.size();
    ending.result = {std::move(reply.content), {}, size};
  }
  return ending;
}

}  // namespace

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
  return run_task(call, offload);
}

awaitable<jobs::Ending> StoredWork::run(jobs::Begun& job, offload::Slot slot, jobs::Topic& topic) {
  Replay replay(job.submission, job.record.id, {job.record.client}, topic);
  replay.call.slot = std::move(slot);
  const auto* content = &job.submission.content;
  if (content->file) {
    const auto read = [content] { return jobs::read_all(*content); };
    replay.exchange.request.body = co_await json_pool_.call(read);
  } else {
    replay.exchange.request.body = std::move(job.submission.content.bytes);
  }
  auto reply = co_await replay.run(offload_);
  auto ending = ending_of(std::move(reply), replay.call);
  tell(job, replay, ending);
  json_pool_.let_go(std::move(replay.exchange.request.body));
  co_return ending;
}

void StoredWork::tell(const jobs::Begun& job, const Replay& replay, const jobs::Ending& ending) const {
  telemetry::StoredJobRecord record;
  record.id = job.record.id;
  record.client = job.record.client;
  record.task = replay.call.task.empty() ? "unknown" : replay.call.task;
  record.attempt = job.record.attempts;
  record.status = ending.status;
  record.reason = ending.reason;
  record.total_ms = milliseconds(Clock::now() - replay.exchange.received);
  record.outcome = replay.call.outcome ? &*replay.call.outcome : nullptr;
  for (auto* observer : observers_) observer->on_stored_job(record);
}

}  // namespace routes
