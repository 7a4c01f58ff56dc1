// How jobs get to the runner, and their turn. What becomes of them then: runner.cpp.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "server/jobs/runner.h"

namespace jobs {
namespace {

constexpr int kReadAtOnce = 500;
constexpr Milliseconds kReadAgain{30'000};  // where the store fails

}  // namespace

// A part at a time: there may be very many. One that came meanwhile is known already.
awaitable<> Runner::read_queue() {
  WakeUp nobody(loop_);
  for (std::int64_t last = 0;;) {
    const auto read = [last](Database& database) { return database.waiting(last, kReadAtOnce); };
    auto answer = co_await store_.call(read);
    const auto* waiting = std::get_if<std::vector<Waiting>>(&answer);
    if (!waiting) {
      co_await nobody.wait(Clock::now() + kReadAgain);
      continue;
    }
    for (const auto& job : *waiting) enqueue(job.id, job.client);
    fill();
    if (waiting->size() < static_cast<std::size_t>(kReadAtOnce)) co_return;
    last = waiting->back().sequence;
  }
}

// Most are the newest, and come last (new_id()).
Runner::Entry* Runner::add(const std::string& id) {
  const auto before = live_.size();
  const auto place = live_.try_emplace(live_.end(), id);
  if (live_.size() == before) return nullptr;
  auto& entry = place->second;
  entry.id = &place->first;
  entry.ordinal = ++ordinals_;
  return &entry;
}

void Runner::enqueue(const std::string& id, const std::string& client) {
  if (auto* entry = add(id)) queue_.join(queue_.line_of(terms_.client_of(client)), *entry);
}

// A place to run for the next job of that client, where nobody waits for one: it is stored as running then,
// which saves a commit.
std::optional<Runner::Place> Runner::reserve(const std::string& client) {
  if (draining_ || queue_.waiting() > 0) return std::nullopt;
  auto& line = queue_.line_of(terms_.client_of(client));
  auto slot = line.running < line.client.running ? admission_.spare_slot(terms_.background) : std::nullopt;
  if (!slot) {
    queue_.drop_if_idle(line);
    return std::nullopt;
  }
  queue_.begin(line);
  ++running_;
  return Place{&line, std::move(*slot)};
}

void Runner::begin(Entry& entry, Place place, std::optional<Begun> job) {
  entry.cancel = std::make_unique<asio::cancellation_signal>();
  asio::co_spawn(loop_.get_executor(), run(entry, std::move(place), std::move(job)), asio::detached);
}

void Runner::free(Place place) {
  queue_.finish(*place.line);
  --running_;
  place.slot = {};
  fill();
}

awaitable<Answer<Submitted>> Runner::submit(Submission submission) {
  struct Wait {
    explicit Wait(Loop& loop) : told(loop) {}
    WakeUp told;
    std::optional<Answer<Submitted>> answer;
  };
  const auto wait = std::make_shared<Wait>(loop_);
  struct Stored {
    Submitted submitted;
    std::optional<Begun> begun;
  };
  auto place = reserve(submission.client);
  const bool reserved = place.has_value();
  // Not by Store::call(): the job is to be run also where its client has left by then.
  auto then = [this, wait, client = submission.client,
               place = std::move(place)](Answer<Stored> answer) mutable {
    auto* stored = std::get_if<Stored>(&answer);
    if (place && stored && stored->begun) {
      begin(*add(stored->submitted.id), std::move(*place), std::move(stored->begun));
    } else {
      if (stored && stored->submitted.how == Submitted::How::stored) enqueue(stored->submitted.id, client);
      if (place)
        free(std::move(*place));
      else
        fill();
    }
    if (stored)
      wait->answer.emplace(std::move(stored->submitted));
    else
      wait->answer.emplace(std::move(std::get<StoreFailed>(answer)));
    wait->told.wake();
  };
  auto store = [submission = std::move(submission), at = now(), backlog = terms_.backlog,
                reserved](Database& database) {
    Stored stored{database.submit(submission, at, backlog), {}};
    if (reserved && stored.submitted.how == Submitted::How::stored)
      stored.begun = database.start(stored.submitted.id, at);
    return stored;
  };
  store_.run(std::move(store), std::move(then));
  while (!wait->answer) co_await wait->told.wait(Deadline::max());
  co_return std::move(*wait->answer);
}

void Runner::fill() {
  while (!draining_ && queue_.anybody_next()) {
    auto slot = admission_.spare_slot(terms_.background);
    if (!slot) return;
    const auto [waiter, line] = queue_.next();
    ++running_;
    begin(static_cast<Entry&>(*waiter), Place{line, std::move(*slot)}, {});
  }
}

}  // namespace jobs
