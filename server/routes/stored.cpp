#include "server/routes/stored.h"

#include <fmt/format.h>

#include "server/routes/byte_range.h"
#include "server/routes/job_document.h"

namespace routes {
namespace {

Reply no_result(const Call& call, const jobs::Record& record) {
  const auto state = jobs::to_string(record.state);
  if (jobs::is_over(record.state))
    return problem(call, 409, "no_result", fmt::format("the job is {}, so it has no result", state));
  auto reply = problem(call, 409, "not_done",
                       fmt::format("the job is {}; GET {} with Prefer: wait=N waits for a change", state,
                                   job_path(record.id)));
  reply.fields.emplace_back("Retry-After", "1");
  return reply;
}

// The result of a job never changes.
std::string tag_of(const jobs::Record& record) {
  return fmt::format("\"{}\"", record.id);
}

// Whether a field names that tag, or any (RFC 9110, 13.1). A tag of ours is never weak, and has no comma.
bool names(std::string_view field, const std::string& tag) {
  return field == "*" || field.find(tag) != std::string_view::npos;
}

// What is answered in the result's place, by the client's preconditions.
std::optional<Reply> unless_wanted(const Call& call, const jobs::Record& record) {
  if (record.status != 200) return std::nullopt;
  const auto& request = call.exchange.request;
  const auto only_if = request.field("If-Match"), unless = request.field("If-None-Match");
  const auto tag = tag_of(record);
  if (!only_if.empty() && !names(only_if, tag))
    return problem(call, 412, "precondition_failed", fmt::format("the result is {}", tag));
  if (unless.empty() || !names(unless, tag)) return std::nullopt;
  return Reply{304, {{"ETag", tag}}, {}};
}

// The whole result as a reply, and its tag.
Reply whole(const jobs::Record& record, jobs::Content content) {
  Reply reply{record.status, {{"Content-Type", record.type}}, {}};
  reply.reason = {};
  if (content.file)
    reply.file = {std::move(content.file), 0, static_cast<std::size_t>(content.size)};
  else
    reply.content = std::move(content.bytes);
  if (record.status != 200) return reply;
  reply.fields.emplace_back("Accept-Ranges", "bytes");
  reply.fields.emplace_back("ETag", tag_of(record));
  return reply;
}

void cut(const Call& call, const jobs::Record& record, Reply& reply) {
  const auto& request = call.exchange.request;
  if (record.status != 200 || request.method != "GET") return;
  const auto only_if = request.field("If-Range");
  if (!only_if.empty() && only_if != tag_of(record)) return;
  const auto range = byte_range(request.field("Range"), record.result_size);
  if (!range) return;
  if (std::holds_alternative<NoSuchRange>(*range)) {
    reply = problem(call, 416, "no_such_range",
                    fmt::format("the result has {} bytes, and the range is beyond", record.result_size));
    reply.fields.emplace_back("Content-Range", fmt::format("bytes */{}", record.result_size));
    return;
  }
  const auto part = std::get<ByteRange>(*range);
  reply.status = 206;
  reply.fields.emplace_back("Content-Range", fmt::format("bytes {}-{}/{}", part.offset,
                                                         part.offset + part.size - 1, record.result_size));
  if (reply.file.fd) {
    reply.file.offset = part.offset;
    reply.file.size = part.size;
  } else {
    reply.content = reply.content.substr(part.offset, part.size);
  }
}

Reply unknown_job(const Call& call) {
  return problem(call, 404, "unknown_job", "there is no such job, or it is not yours, or it is forgotten");
}

}  // namespace

Reply jobs_off(const Call& call) {
  return problem(call, 501, "jobs_off",
                 "this server stores no jobs, since it was started without --jobs-dir DIR");
}

Reply store_failed(const Call& call, const jobs::StoreFailed& failed) {
  auto reply = problem(call, 503, "store_failed", fmt::format("--jobs-dir: {}", failed.why));
  reply.fields.emplace_back("Retry-After", "5");
  return reply;
}

std::string owner_of(const Call& call) {
  return call.has_key ? call.client.name : std::string();
}

awaitable<std::variant<jobs::Record, Reply>> find_job(Call& call, const Stored& stored) {
  if (!stored.store) co_return jobs_off(call);
  const auto find = [id = call.parameter](jobs::Database& database) { return database.find(id); };
  auto answer = co_await stored.store->call(find);
  if (const auto* failed = std::get_if<jobs::StoreFailed>(&answer)) co_return store_failed(call, *failed);
  auto& record = std::get<std::optional<jobs::Record>>(answer);
  if (record && (stored.for_operators || record->owner == owner_of(call))) {
    stored.runner->adopt(*record);
    co_return std::move(*record);
  }
  co_return unknown_job(call);
}

awaitable<Reply> result_reply(Call& call, const Stored& stored, jobs::Record record) {
  if (record.status == 0) co_return no_result(call, record);
  if (auto instead = unless_wanted(call, record)) co_return std::move(*instead);
  const auto read = [record](jobs::Database& database) { return database.result(record); };
  auto answer = co_await stored.store->call(read);
  if (const auto* failed = std::get_if<jobs::StoreFailed>(&answer)) co_return store_failed(call, *failed);
  auto& result = std::get<std::optional<jobs::Content>>(answer);
  if (!result) co_return unknown_job(call);
  auto reply = whole(record, std::move(*result));
  cut(call, record, reply);
  co_return reply;
}

awaitable<> await_job(const Stored& stored, std::string id, Deadline until, bool over) {
  const auto topic = stored.runner->watch(id);
  if (!topic) co_return;
  const auto first = topic->event();
  while (!jobs::is_over(topic->state()) && !topic->closed() && Clock::now() < until) {
    const auto seen = topic->event();
    if (!over && seen != first) co_return;
    co_await topic->changed(seen, until);
  }
}

}  // namespace routes
