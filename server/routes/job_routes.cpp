#include "server/routes/job_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "server/routes/events.h"
#include "server/routes/job_document.h"
#include "server/routes/openapi.h"
#include "server/routes/preferences.h"

namespace routes {
namespace {

constexpr int kListed = 100;      // where nobody says how many
constexpr int kMostListed = 200;  // they are put into words on the loop

Reply document_reply(const jobs::Record& record, const Stored& stored) {
  auto reply = json_reply(job_document(record, *stored.runner).dump() + "\n");
  if (!jobs::is_over(record.state)) reply.fields.emplace_back("Retry-After", "1");
  return reply;
}

awaitable<Reply> describe(Call& call, const Stored& stored) {
  auto found = co_await find_job(call, stored);
  if (auto* refused = std::get_if<Reply>(&found)) co_return std::move(*refused);
  const auto wait = Preferences(call.exchange.request).wait;
  if (!wait) co_return document_reply(std::get<jobs::Record>(found), stored);
  const auto until = Clock::now() + std::chrono::seconds(std::min(*wait, kLongestWait));
  co_await await_job(stored, call.parameter, until, false);
  auto again = co_await find_job(call, stored);
  if (auto* refused = std::get_if<Reply>(&again)) co_return std::move(*refused);
  auto reply = document_reply(std::get<jobs::Record>(again), stored);
  reply.fields.emplace_back("Preference-Applied", fmt::format("wait={}", *wait));
  co_return reply;
}

awaitable<Reply> result(Call& call, const Stored& stored) {
  auto found = co_await find_job(call, stored);
  if (auto* refused = std::get_if<Reply>(&found)) co_return std::move(*refused);
  co_return co_await result_reply(call, stored, std::move(std::get<jobs::Record>(found)));
}

awaitable<Reply> events(Call& call, const Stored& stored, Loop& loop) {
  auto found = co_await find_job(call, stored);
  if (auto* refused = std::get_if<Reply>(&found)) co_return std::move(*refused);
  co_return co_await job_events(call, stored, loop, std::move(std::get<jobs::Record>(found)));
}

awaitable<Reply> end(Call& call, const Stored& stored) {
  auto found = co_await find_job(call, stored);
  if (auto* refused = std::get_if<Reply>(&found)) co_return std::move(*refused);
  if (!jobs::is_over(std::get<jobs::Record>(found).state)) {
    co_await stored.runner->cancel(call.parameter);
    auto again = co_await find_job(call, stored);
    if (auto* refused = std::get_if<Reply>(&again)) co_return std::move(*refused);
    co_return document_reply(std::get<jobs::Record>(again), stored);
  }
  const auto forget = [id = call.parameter](jobs::Database& database) { return database.forget(id); };
  auto answer = co_await stored.store->call(forget);
  if (const auto* failed = std::get_if<jobs::StoreFailed>(&answer)) co_return store_failed(call, *failed);
  co_return Reply{204, {}, {}};
}

// Nothing where `text` is no whole number from `least` to `most`.
std::optional<std::int64_t> number(const std::string& text, std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
    return std::nullopt;
  return value;
}

std::variant<jobs::Filter, Reply> filter_of(const Call& call, const Stored& stored) {
  jobs::Filter filter;
  if (call.has_key && !stored.for_operators) filter.owner = call.client.name;
  filter.task = call.query("task").value_or("");
  const auto wrong = [&](std::string detail) { return problem(call, 422, "invalid_params", detail); };
  if (const auto word = call.query("state")) {
    filter.state = jobs::state_called(*word);
    if (!filter.state)
      return wrong(
          fmt::format("state '{}' is none of queued, running, done, failed, cancelled, interrupted", *word));
  }
  const auto limit = number(call.query("limit").value_or(std::to_string(kListed)), 1, kMostListed);
  if (!limit) return wrong(fmt::format("limit must be a whole number from 1 to {}", kMostListed));
  const auto after = number(call.query("after").value_or("0"), 0, INT64_MAX);
  if (!after) return wrong("after must be the `next` of an earlier list");
  filter.limit = static_cast<int>(*limit);
  filter.before = *after;
  return filter;
}

awaitable<Reply> list(Call& call, const Stored& stored) {
  if (!stored.store) co_return jobs_off(call);
  auto filter = filter_of(call, stored);
  if (auto* wrong = std::get_if<Reply>(&filter)) co_return std::move(*wrong);
  const auto& wanted = std::get<jobs::Filter>(filter);
  const auto ask = [wanted](jobs::Database& database) { return database.list(wanted); };
  auto answer = co_await stored.store->call(ask);
  if (const auto* failed = std::get_if<jobs::StoreFailed>(&answer)) co_return store_failed(call, *failed);
  const auto& records = std::get<std::vector<jobs::Record>>(answer);
  auto all = ipc::Json::array();
  // The id of a job without an owner is the right to it.
  const bool ids = call.has_key || stored.for_operators;
  for (const auto& record : records) {
    auto document = job_document(record, *stored.runner);
    if (!ids) document["id"] = document["result"] = nullptr;
    all.push_back(std::move(document));
  }
  const bool more = records.size() == static_cast<std::size_t>(wanted.limit);
  ipc::Json document{{"jobs", std::move(all)},
                     {"next", more ? ipc::Json(records.back().sequence) : ipc::Json(nullptr)}};
  co_return json_reply(document.dump() + "\n");
}

// `header` is a shared parameter's name, or null; `others` are responses by their status.
ipc::Json described(const char* id, ipc::Json ok, const char* header = nullptr,
                    const ipc::Json& others = ipc::Json::object()) {
  std::vector<ipc::Json> parameters{
      {{"name", "id"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}}};
  if (header) parameters.push_back(reference("parameters", header));
  auto about = operation(id, std::move(ok), parameters);
  about["responses"].update(others);
  return about;
}

ipc::Json no_content(const char* why) {
  return {{"204", {{"description", why}}}};
}

ipc::Json query_parameter(const char* name, ipc::Json schema) {
  return {{"name", name}, {"in", "query"}, {"schema", std::move(schema)}};
}

}  // namespace

Table job_routes(Stored stored, Loop& loop) {
  const HeavyHandler about = [stored](Call& call) { return describe(call, stored); };
  const HeavyHandler cancel = [stored](Call& call) { return end(call, stored); };
  const HeavyHandler fetch = [stored](Call& call) { return result(call, stored); };
  const HeavyHandler watch = [stored, &loop](Call& call) { return events(call, stored, loop); };
  const HeavyHandler all = [stored](Call& call) { return list(call, stored); };
  const auto document = response("the job", "application/json", reference("schemas", "Job"));
  const ipc::Json text{{"type", "string"}}, count{{"type", "integer"}};
  const ipc::Json bytes{{"type", "string"}, {"format", "binary"}};
  return {
      {"GET", "/jobs", "Stored jobs, the newest first", all,
       operation("list_jobs", json_response("the jobs, and where the list goes on"),
                 {query_parameter("state", text), query_parameter("task", text),
                  query_parameter("after", count), query_parameter("limit", count)})},
      {"GET", "/jobs/{id}", "How far a stored job is; Prefer: wait=N waits for a change", about,
       described("about_job", document, "PreferWait")},
      {"DELETE", "/jobs/{id}", "Cancels a stored job; one that is over is forgotten", cancel,
       described("cancel_job", document, nullptr, no_content("it was over, and is forgotten"))},
      {"GET", "/jobs/{id}/result", "What a waiting client would have been answered", fetch,
       described("job_result", response("the task's own reply", "*/*", bytes), "Range",
                 {{"206", response("the part that was asked for", "*/*", bytes)},
                  {"304", {{"description", "If-None-Match names it: it is known"}}}})},
      {"GET", "/jobs/{id}/events", "What becomes of a stored job, as it does", watch,
       described("job_events", response("events", "text/event-stream", text), "LastEventId",
                 no_content("all of it was told"))},
  };
}

}  // namespace routes
