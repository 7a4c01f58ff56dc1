// How jobs get to the runner, and their turn. What becomes of them then: runner.cpp.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "server/jobs/runner.h"

namespace jobs {
namespace {

constexpr int kReadAtOnce = 500;
constexpr Milliseconds kReadAgain{5000};  // where the store fails
constexpr int kLooksPerTurn = 100;

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
    for (const auto& job : *waiting) enqueue(job.id, job.client, job.task);
    fill();
    has_read_ = waiting->size() < static_cast<std::size_t>(kReadAtOnce);
    if (has_read_) co_return;
    last = waiting->back().sequence;
  }
}

// Most are the newest, and come last (new_id()).
Runner::Entry* Runner::add(const std::string& id, const std::string& task) {
  const auto before = live_.size();
  const auto place = live_.try_emplace(live_.end(), id);
  if (live_.size() == before) return nullptr;
  auto& entry = place->second;
  entry.id = &place->first;
  entry.ordinal = ++ordinals_;
  entry.task = &tasks_.try_emplace(task).first->first;
  return &entry;
}

void Runner::enqueue(const std::string& id, const std::string& client, const std::string& task) {
  if (auto* entry = add(id, task)) queue_.join(queue_.line_of(terms_.client_of(client)), *entry);
}

void Runner::adopt(const Record& record) {
  if (!has_read_ && record.state == State::queued) enqueue(record.id, record.client, record.task);
}

// Of one that waits for its client's request the task has counted, too.
bool Runner::may_begin(const std::string& task) const {
  const auto most = work_.most_of(task);
  const auto found = tasks_.find(task);
  const auto ours = found == tasks_.end() ? 0 : found->second;
  return ours < most && (most == kUnbounded || work_.running_of(task) < most);
}

void Runner::count(offload::FairQueue::Line& line, const std::string& task) {
  queue_.begin(line);
  ++tasks_[task];
  ++running_;
}

void Runner::uncount(offload::FairQueue::Line& line, const std::string& task) {
  queue_.finish(line);
  --tasks_[task];
  --running_;
}

// Where the client may have one more, and no waiting client needs the slot.
std::optional<Runner::Place> Runner::place_for(const std::string& client, const std::string& task) {
  auto& line = queue_.line_of(terms_.client_of(client));
  auto slot = line.running < line.client.running ? admission_.spare_slot(terms_.background) : std::nullopt;
  if (!slot) {
    queue_.drop_if_idle(line);
    return std::nullopt;
  }
  count(line, task);
  return Place{&line, std::move(*slot)};
}

// A place to run for the next job of that client, where nobody waits for one: it is stored as running then,
// which saves a commit.
std::optional<Runner::Place> Runner::reserve(const std::string& client, const std::string& task) {
  if (draining_ || queued() > 0 || !may_begin(task)) return std::nullopt;
  return place_for(client, task);
}

void Runner::begin(Entry& entry, Place place, std::optional<Begun> job) {
  entry.cancel = std::make_unique<asio::cancellation_signal>();
  asio::co_spawn(loop_.get_executor(), run(entry, std::move(place), std::move(job)), asio::detached);
}

void Runner::free(Place place, const std::string& task) {
  uncount(*place.line, task);
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
  auto place = reserve(submission.client, submission.task);
  const bool reserved = place.has_value();
  // Not by Store::call(): the job is to be run also where its client has left by then.
  auto then = [this, wait, client = submission.client, task = submission.task,
               place = std::move(place)](Answer<Stored> answer) mutable {
    auto* stored = std::get_if<Stored>(&answer);
    if (place && stored && stored->begun) {
      begin(*add(stored->submitted.id, task), std::move(*place), std::move(stored->begun));
    } else {
      if (stored && stored->submitted.how == Submitted::How::stored)
        enqueue(stored->submitted.id, client, task);
      if (place)
        free(std::move(*place), task);
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

// The first of one task that may begin now; some looks, past those whose client has as many as it may. False
// where there is none.
bool Runner::begin_parked(std::list<Parked>& parked) {
  int looks = 0;
  for (auto at = parked.begin(); at != parked.end() && ++looks <= kLooksPerTurn; ++at) {
    auto& entry = *at->entry;
    if (!may_begin(*entry.task)) return false;
    auto place = place_for(at->client, *entry.task);
    if (!place) continue;
    parked.erase(at);
    --parked_count_;
    begin(entry, std::move(*place), {});
    return true;
  }
  return false;
}

bool Runner::unpark(Entry& entry) {
  const auto parked = parked_.find(*entry.task);
  if (parked == parked_.end()) return false;
  const auto removed =
      std::erase_if(parked->second, [&entry](const Parked& one) { return one.entry == &entry; });
  parked_count_ -= removed;
  return removed > 0;
}

void Runner::fill() {
  if (draining_ || std::exchange(filling_, true)) return;  // a slot that is not used is told of again
  for (auto& [task, parked] : parked_)
    while (begin_parked(parked)) continue;
  std::optional<offload::Slot> slot;
  for (int looks = 0; queue_.anybody_next() && ++looks <= kLooksPerTurn;) {
    if (!slot) slot = admission_.spare_slot(terms_.background);
    if (!slot) break;
    const auto [waiter, line] = queue_.next();
    auto& entry = static_cast<Entry&>(*waiter);
    if (may_begin(*entry.task)) {
      ++tasks_[*entry.task];
      ++running_;
      begin(entry, Place{line, std::move(*std::exchange(slot, std::nullopt))}, {});
    } else {
      parked_[*entry.task].push_back({&entry, line->client.name});
      ++parked_count_;
      queue_.finish(*line);
    }
  }
  const bool again = slot.has_value() && queue_.anybody_next();
  slot.reset();
  filling_ = false;
  if (again) asio::post(loop_.get_executor(), [this] { fill(); });
}

}  // namespace jobs
