#include "server/jobs/runner.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace jobs {
namespace {

constexpr Milliseconds kFirstPause{500};  // where the store fails, and what is to be kept is kept here
constexpr Milliseconds kLongestPause{30'000};
constexpr Milliseconds kForRoom{20'000}, kForStore{600'000};  // a result waits until it is given up
constexpr Milliseconds kLookForOld{60'000};
constexpr Milliseconds kLookForLarge{1000};
constexpr int kForgottenAtOnce = 100;

// What the process or the machine did, and not the task: worth another attempt.
bool may_be_retried(const Ending& ending) {
  return ending.reason == "crashed" || ending.reason == "cannot_spawn" || ending.reason == "bad_reply";
}

// The server was too busy with others to begin: no attempt at all.
bool was_not_begun(const Ending& ending) {
  return ending.reason == "queue_full" || ending.reason == "queue_timeout" || ending.reason == "draining";
}

Ending cancelled_ending() {
  return {State::cancelled, 0, {}, "cancelled", {}, {}};
}

Ending failed_ending(std::string reason, std::string usage = {}) {
  return {State::failed, 0, {}, std::move(reason), std::move(usage), {}};
}

}  // namespace

Runner::Runner(Loop& loop, Store& store, offload::Admission& admission, Work& work, Terms terms)
    : loop_(loop), store_(store), admission_(admission), work_(work), terms_(std::move(terms)) {
  admission_.on_spare = [this] { fill(); };
}

void Runner::begin() {
  asio::co_spawn(loop_.get_executor(), read_queue(), asio::detached);
  asio::co_spawn(loop_.get_executor(), forget_old(), asio::detached);
}

awaitable<> Runner::run(Entry& entry, Place place, std::optional<Begun> job) {
  auto& line = *place.line;
  const auto& task = *entry.task;
  if (!job) {
    auto begun = co_await start(entry);
    job = std::move(begun);
  }
  bool again = false;
  if (!job)
    co_await keep(entry, cancelled_ending());
  else if (is_over(job->record.state))
    leave(entry, job->record.state);
  else
    again = co_await attempt(entry, *job, std::move(place.slot));
  if (again) {
    entry.cancel.reset();
    topic_of(entry).set(State::queued);
    queue_.join(line, entry);
  }
  uncount(line, task);
  fill();
}

// True where the job is queued again; otherwise it is over.
awaitable<bool> Runner::attempt(Entry& entry, Begun& job, offload::Slot slot) {
  auto ending = co_await work(entry, job, std::move(slot));
  const bool begun = !was_not_begun(ending);
  const bool again = may_be_retried(ending) && job.record.attempts <= job.record.retries;
  if (again || !begun) {
    const bool queued = co_await queue_again(entry, begun);
    if (queued && !entry.cancelled) co_return true;
  }
  if (entry.cancelled) ending = cancelled_ending();
  co_await keep(entry, std::move(ending));
  co_return false;
}

// False where it is cancelled meanwhile.
awaitable<bool> Runner::queue_again(Entry& entry, bool begun) {
  WakeUp nobody(loop_);
  if (!begun) co_await nobody.wait(Clock::now() + kFirstPause);
  for (auto pause = kFirstPause; !entry.cancelled; pause = std::min(pause * 2, kLongestPause)) {
    const auto queue_again = [id = *entry.id, begun](Database& database) {
      database.queue_again(id, begun);
      return true;
    };
    auto stored = co_await store_.call(queue_again);
    if (std::holds_alternative<bool>(stored)) co_return true;
    co_await nobody.wait(Clock::now() + pause);
  }
  co_return false;
}

// Nothing where it need not be run. Where the store fails the job stays queued there, and is tried again.
awaitable<std::optional<Begun>> Runner::start(Entry& entry) {
  WakeUp nobody(loop_);
  for (auto pause = kFirstPause; !entry.cancelled; pause = std::min(pause * 2, kLongestPause)) {
    const auto id = *entry.id;
    const auto begin = [id, at = now()](Database& database) { return database.start(id, at); };
    auto answer = co_await store_.call(begin);
    if (auto* begun = std::get_if<std::optional<Begun>>(&answer)) co_return std::move(*begun);
    co_await nobody.wait(Clock::now() + pause);
  }
  co_return std::nullopt;
}

awaitable<Ending> Runner::work(Entry& entry, Begun& job, offload::Slot slot) {
  if (entry.cancelled) co_return cancelled_ending();
  auto& topic = topic_of(entry);
  topic.set(State::running);
  auto running = work_.run(job, std::move(slot), topic);
  auto until_cancelled = asio::bind_cancellation_slot(entry.cancel->slot(), use_awaitable);
  try {
    auto ending = co_await asio::co_spawn(loop_.get_executor(), std::move(running), until_cancelled);
    co_return ending;
  } catch (const StoreError&) {
    co_return failed_ending("content_lost");
  } catch (const std::exception&) {  // it is cancelled, mostly
    co_return failed_ending("internal_error");
  }
}

// Until it is stored, whatever that takes. Its result goes with it for as long as that may help.
awaitable<> Runner::keep(Entry& entry, Ending ending) {
  WakeUp nobody(loop_);
  const auto since = Clock::now();
  const auto shared = std::make_shared<Ending>(std::move(ending));
  const auto id = *entry.id;
  for (auto pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    const auto end = [id, shared, at = now()](Database& database) { return database.end(id, *shared, at); };
    auto answer = co_await store_.call(end);
    const auto* failed = std::get_if<StoreFailed>(&answer);
    if (!failed) break;
    const auto patience = failed->no_room ? kForRoom : kForStore;
    if (shared->status != 0 && Clock::now() - since >= patience) {
      store_.let_go(std::make_shared<Content>(std::move(shared->result)));
      *shared = failed_ending("store_failed", std::move(shared->usage));
    }
    co_await nobody.wait(Clock::now() + pause);
  }
  leave(entry, shared->state);
  if (shared->result.file) store_.let_go(shared);
}

void Runner::leave(Entry& entry, State state) {
  const auto topic = entry.topic;
  live_.erase(live_.find(*entry.id));
  if (topic) topic->set(state);
}

void Runner::drain() {
  draining_ = true;
  for (auto& [id, entry] : live_)
    if (entry.topic) entry.topic->close();
}

Topic& Runner::topic_of(Entry& entry) {
  if (!entry.topic) {
    entry.topic = std::make_shared<Topic>(loop_);
    if (draining_) entry.topic->close();
  }
  return *entry.topic;
}

std::shared_ptr<Topic> Runner::watch(const std::string& id) {
  const auto found = live_.find(id);
  if (found == live_.end()) return nullptr;
  topic_of(found->second);
  return found->second.topic;
}

std::size_t Runner::position(const std::string& id) const {
  const auto found = live_.find(id);
  if (found == live_.end()) return 0;
  const auto& entry = found->second;
  if (entry.line) {
    const auto& first = static_cast<const Entry&>(entry.line->waiting.front());
    return static_cast<std::size_t>(entry.ordinal - std::min(entry.ordinal, first.ordinal)) + 1;
  }
  const auto parked = parked_.find(*entry.task);
  if (parked == parked_.end()) return 0;
  std::size_t before = 0;
  for (const auto& one : parked->second) {
    ++before;
    if (one.entry == &entry) return before;
  }
  return 0;
}

std::optional<double> Runner::progress(const std::string& id) const {
  const auto found = live_.find(id);
  if (found == live_.end() || !found->second.topic || found->second.topic->progress() < 0)
    return std::nullopt;
  return found->second.topic->progress();
}

awaitable<> Runner::cancel(std::string id) {
  const auto topic = watch(id);
  if (!topic) co_return;
  auto& entry = live_.find(id)->second;
  const bool first = !std::exchange(entry.cancelled, true);
  if (first && entry.cancel) entry.cancel->emit(asio::cancellation_type::terminal);
  if (first && !entry.cancel) {
    if (!unpark(entry)) queue_.leave(entry);
    asio::co_spawn(loop_.get_executor(), end_queued(entry), asio::detached);
  }
  while (!is_over(topic->state())) {
    const auto seen = topic->event();
    if (is_over(topic->state())) break;
    co_await topic->changed(seen, Deadline::max());
  }
}

awaitable<> Runner::end_queued(Entry& entry) {
  auto ending = cancelled_ending();
  co_await keep(entry, std::move(ending));
}

awaitable<> Runner::forget_old() {
  WakeUp nobody(loop_);
  for (;;) {
    const auto before = now() - terms_.keep_results.count();
    const auto forget = [before, kept = terms_.keep_bytes](Database& database) {
      return database.forget_oldest(before, kept, kForgottenAtOnce);
    };
    auto answer = co_await store_.call(forget);
    const auto* forgotten = std::get_if<int>(&answer);
    if (forgotten && *forgotten == kForgottenAtOnce) continue;
    const auto until = Clock::now() + kLookForOld;
    do {
      co_await nobody.wait(Clock::now() + kLookForLarge);
    } while (Clock::now() < until && store_.figures().kept <= terms_.keep_bytes);
  }
}

}  // namespace jobs
