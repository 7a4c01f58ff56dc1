#include "server/routes/submission.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/routes/job_document.h"
#include "server/routes/replay.h"
#include "server/routes/target.h"
#include "server/routes/task_routes.h"

namespace routes {
namespace {

constexpr std::size_t kLongestKey = 255;

// The key as a structured string ("…", RFC 9651) or bare; nothing where it is neither.
std::optional<std::string> key_of(const Call& call) {
  auto key = call.exchange.request.field("Idempotency-Key");
  if (key.size() >= 2 && key.front() == '"' && key.back() == '"') key = key.substr(1, key.size() - 2);
  const bool visible = std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (!visible || key.size() > kLongestKey) return std::nullopt;
  return std::string(key);
}

Reply too_many(const Call& call, const jobs::Runner& runner) {
  auto reply = problem(
      call, 503, "queue_full",
      fmt::format("{} jobs are queued already (--backlog {})", runner.queued(), runner.terms().backlog));
  reply.fields.emplace_back("Retry-After", "10");
  return reply;
}

Reply accepted(const jobs::Submitted& job) {
  const auto path = job_path(job.id);
  auto reply = json_reply(fmt::format(R"({{"id":"{}","job":"{}","state":"{}"}})"
                                      "\n",
                                      job.id, path, jobs::to_string(job.state)));
  reply.status = 202;
  reply.fields.emplace_back("Location", path);
  reply.fields.emplace_back("Retry-After", "1");
  return reply;
}

jobs::Submission submission_of(const Call& call, const Task& task, std::string key) {
  const auto& request = call.exchange.request;
  jobs::Submission submission;
  submission.id = jobs::new_id();
  submission.owner = owner_of(call);
  submission.client = call.client.name;
  submission.task = task.name;
  submission.query = query_of(request.target);
  submission.content_type = request.field("Content-Type");
  submission.accept = request.field("Accept");
  submission.key = std::move(key);
  submission.retries = task.limits.retries;
  return submission;
}

// The request's content, which is no longer the request's.
jobs::Content content_of(front_door::Request& request) {
  if (request.file.fd) return {{}, std::move(request.file.fd), request.file.size};
  const auto size = request.body.size();
  return {std::move(request.body), {}, size};
}

awaitable<Reply> reply_within(Call& call, const Stored& stored, jobs::Submitted job, long seconds) {
  const auto until = call.exchange.received + std::chrono::seconds(std::min(seconds, kLongestWait));
  co_await await_job(stored, job.id, until, true);
  call.parameter = job.id;
  auto found = co_await find_job(call, stored);
  if (auto* refused = std::get_if<Reply>(&found)) co_return std::move(*refused);
  auto& record = std::get<jobs::Record>(found);
  job.state = record.state;
  if (record.status == 0) co_return accepted(job);
  auto reply = co_await result_reply(call, stored, std::move(record));
  reply.fields.emplace_back("Content-Location", result_path(job.id));
  co_return reply;
}

}  // namespace

awaitable<Reply> submit(Call& call, Offload& offload, const Stored& stored) {
  const auto* task = offload.catalogue().find(call.parameter);
  if (!task) co_return unknown_task(call);
  if (!stored.runner) co_return jobs_off(call);
  auto& runner = *stored.runner;
  const auto key = key_of(call);
  if (!key)
    co_return problem(call, 400, "bad_request",
                      fmt::format("Idempotency-Key must be up to {} visible characters", kLongestKey));
  // A key may be that of a job that is there.
  if (key->empty() && runner.queued() >= runner.terms().backlog) co_return too_many(call, runner);
  auto fault = co_await fault_of_request(call, offload, *task);
  if (fault) co_return std::move(*fault);

  auto submission = submission_of(call, *task, *key);
  submission.content = content_of(call.exchange.request);
  auto answer = co_await runner.submit(std::move(submission));
  if (const auto* failed = std::get_if<jobs::StoreFailed>(&answer)) co_return store_failed(call, *failed);
  auto& job = std::get<jobs::Submitted>(answer);
  if (job.how == jobs::Submitted::How::full) co_return too_many(call, runner);
  if (job.how == jobs::Submitted::How::key_reused)
    co_return problem(call, 409, "key_reused", "this Idempotency-Key was used for another request");
  const Preferences preferences(call.exchange.request);
  if (!preferences.wait) {
    auto reply = accepted(job);
    reply.fields.emplace_back("Preference-Applied", "respond-async");
    co_return reply;
  }
  const auto seconds = *preferences.wait;
  auto reply = co_await reply_within(call, stored, std::move(job), seconds);
  reply.fields.emplace_back("Preference-Applied", fmt::format("respond-async, wait={}", seconds));
  co_return reply;
}

}  // namespace routes
