#include "server/routes/events.h"

#include <fmt/format.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <charconv>

#include "server/routes/accept.h"
#include "server/routes/event_text.h"
#include "server/routes/job_document.h"
#include "server/routes/logged_lines.h"
#include "server/routes/replay.h"
#include "server/routes/target.h"
#include "server/routes/task_routes.h"

namespace routes {
namespace {

constexpr Milliseconds kComment{15'000};  // so that nobody on the way takes the connection for dead
constexpr Milliseconds kPace{50};         // between two looks at a job that changes all the time
constexpr std::string_view kEventsType = "text/event-stream";

Reply event_reply(front_door::Stream stream) {
  Reply reply{200, {{"Content-Type", std::string(kEventsType)}, {"X-Accel-Buffering", "no"}}, {}};
  reply.stream = std::move(stream);
  return reply;
}

// Writes what is new of `topic` until the job is over.
awaitable<> follow(front_door::ReplyStream& stream, std::shared_ptr<jobs::Topic> topic, std::uint64_t seen,
                   Loop& loop) {
  WakeUp nobody(loop);
  co_await stream.write("retry: 2000\n\n");
  for (;;) {
    const auto event = topic->event();
    const bool over = jobs::is_over(topic->state());
    const auto text = news(*topic, seen);
    if (!text.empty()) co_await stream.write(text);
    if (over || topic->closed()) co_return;
    co_await nobody.wait(Clock::now() + kPace);
    const auto quiet_until = Clock::now() + kComment;
    co_await topic->changed(event, quiet_until);
    if (topic->event() == event) co_await stream.write(":\n\n");
  }
}

std::uint64_t last_event(const front_door::Request& request) {
  const auto text = request.field("Last-Event-ID");
  std::uint64_t event = 0;
  std::from_chars(text.data(), text.data() + text.size(), event);
  return event;
}

// A job that runs while its client watches.
struct Watched {
  Watched(Loop& loop, const jobs::Submission& request, const Call& call)
      : topic(std::make_shared<jobs::Topic>(loop)), replay(request, call.request_id, call.client, *topic) {}
  std::shared_ptr<jobs::Topic> topic;
  Replay replay;
  std::optional<Reply> reply;
  asio::cancellation_signal cancel;
};

// It dies with its stream.
struct Hold {
  std::shared_ptr<Watched> watched;
  ~Hold() { watched->cancel.emit(asio::cancellation_type::terminal); }
};

void begin(Loop& loop, const std::shared_ptr<Watched>& watched, Offload& offload) {
  asio::co_spawn(
      loop.get_executor(), watched->replay.run(offload),
      asio::bind_cancellation_slot(watched->cancel.slot(), [watched](std::exception_ptr error, Reply reply) {
        if (error) reply = problem(watched->replay.call, 500, "internal_error", "an internal error");
        const auto state = reply.status < 400 ? jobs::State::done : jobs::State::failed;
        watched->topic->end_of_stderr();
        watched->reply = std::move(reply);
        watched->topic->set(state);
      }));
}

// A command's output may be long.
awaitable<std::string> last_event(Reply& reply, const Task& task, Offload& offload) {
  if (!task.command || !reply.reason.empty()) co_return done_event(reply);
  const auto content = std::make_shared<jobs::Content>(content_of(reply));
  const auto work = [content, status = reply.status, type = type_of(reply)] {
    return done_event(status, type, *content);
  };
  auto text = co_await offload.off_loop(work);
  co_return text;
}

}  // namespace

bool prefers_events(const front_door::Request& request) {
  const auto accept = request.field("Accept");
  return !accept.empty() && preference(accept, kEventsType) > preference(accept, "application/json");
}

awaitable<Reply> run_with_events(Call& call, Offload& offload, Loop& loop) {
  const auto* task = offload.catalogue().find(call.parameter);
  if (!task) co_return unknown_task(call);
  call.task = task->name;
  if (auto refusal = offload.refusal(call)) co_return std::move(*refusal);
  auto fault = co_await fault_of_request(call, offload, *task);
  if (fault) co_return std::move(*fault);
  jobs::Submission request;
  request.task = task->name;
  request.query = query_of(call.exchange.request.target);
  request.content_type = call.exchange.request.field("Content-Type");
  auto watched = std::make_shared<Watched>(loop, request, call);
  watched->topic->on_line = logged_as(offload.observers(), call.request_id);
  if (const auto preference = call.exchange.request.field("Prefer"); !preference.empty())
    watched->replay.exchange.request.fields.emplace_back("Prefer", preference);
  watched->replay.exchange.request.body = std::move(call.exchange.request.body);
  watched->replay.exchange.request.file = std::move(call.exchange.request.file);
  co_return event_reply(
      [watched, task, &call, &offload, &loop](front_door::ReplyStream& stream) -> awaitable<> {
        const Hold hold{watched};
        begin(loop, watched, offload);
        co_await follow(stream, watched->topic, 0, loop);
        call.outcome = std::move(watched->replay.call.outcome);
        call.stderr_is_told = watched->topic->told_all();
        call.reason = watched->reply->reason;
        const auto last = co_await last_event(*watched->reply, *task, offload);
        co_await stream.write(last);
      });
}

awaitable<Reply> job_events(Call& call, const Stored& stored, Loop& loop, jobs::Record record) {
  const bool seen_all = call.exchange.request.field("Last-Event-ID") == kDone;
  if (jobs::is_over(record.state) && seen_all) co_return Reply{204, {}, {}};
  const auto seen = last_event(call.exchange.request);
  const auto topic = stored.runner->watch(record.id);
  co_return event_reply(
      [topic, seen, &stored, &loop, id = record.id](front_door::ReplyStream& stream) -> awaitable<> {
        if (topic) co_await follow(stream, topic, seen, loop);
        if (topic && !jobs::is_over(topic->state())) co_return;  // to be asked for again, of the next server
        const auto find = [id](jobs::Database& database) { return database.find(id); };
        auto answer = co_await stored.store->call(find);
        const auto* found = std::get_if<std::optional<jobs::Record>>(&answer);
        if (!found || !*found) throw front_door::StreamBroken{"store_failed"};
        const auto document = job_document(**found, *stored.runner);
        const auto last = done_event(document);
        co_await stream.write(last);
      });
}

}  // namespace routes
