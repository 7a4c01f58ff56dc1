#include "server/jobs/store.h"

#include <sqlite3.h>

#include <future>

#include "server/loop/after_others.h"

namespace jobs {
namespace {

constexpr std::size_t kInGroup = 1000;  // operations of one transaction
constexpr int kToldPerTurn = 4;         // each is a response, mostly: some 30 us

constexpr Milliseconds kOpenAgain{5'000};

// What they hear of it who asked.
StoreFailed failure_of(const std::exception& error) {
  const auto* of_sqlite = dynamic_cast<const SQLite::Exception*>(&error);
  const bool full = of_sqlite && of_sqlite->getErrorCode() == SQLITE_FULL;
  return {error.what(), full || dynamic_cast<const NoRoom*>(&error)};
}

}  // namespace

Store::Store(Loop& loop, const std::filesystem::path& folder)
    : loop_(loop), folder_(folder), thread_(loop, 1) {
  try {
    database_ = std::make_unique<Database>(folder_);
    figures_ = database_->figures();
  } catch (const StoreRefused&) {
    throw;
  } catch (const std::exception& error) {
    database_.reset();
    fault_ = not_open_ = error.what();
    open_again_ = Clock::now() + kOpenAgain;
  }
}

// Tries it anew where it is not, now and then.
bool Store::open() {
  if (database_ || Clock::now() < open_again_) return database_ != nullptr;
  try {
    database_ = std::make_unique<Database>(folder_);
  } catch (const std::exception& error) {
    not_open_ = error.what();
    open_again_ = Clock::now() + kOpenAgain;
  }
  return database_ != nullptr;
}

void Store::send() {
  if (busy_ || asked_.empty()) return;
  busy_ = true;
  Group group;
  if (asked_.size() <= kInGroup) {
    group.operations = std::exchange(asked_, {});
  } else {
    const auto end = asked_.begin() + kInGroup;
    group.operations.assign(std::make_move_iterator(asked_.begin()), std::make_move_iterator(end));
    asked_.erase(asked_.begin(), end);
  }
  thread_.run(
      [this, group = std::move(group)]() mutable {
        perform(group);
        return std::move(group);
      },
      [this](Group done) { tell(std::move(done)); });
}

// All together, or else each by itself: what cannot be stored is not to spoil what can be.
void Store::perform(Group& group) {
  const auto count = group.operations.size();
  group.faults.resize(count);
  const auto begin = Clock::now();
  perform(group, 0, count);
  if (count > 1 && group.faults.front() && database_)
    for (std::size_t i = 0; i < count; ++i) perform(group, i, i + 1);
  group.seconds = milliseconds(Clock::now() - begin) / 1e3;
  for (auto& operation : group.operations) operation->let_go();
}

void Store::perform(Group& group, std::size_t first, std::size_t last) {
  std::optional<StoreFailed> fault;
  if (!open()) {
    fault = StoreFailed{not_open_};
  } else {
    try {
      database_->begin();
      for (auto i = first; i < last; ++i) group.operations[i]->perform(*database_);
      auto figures = database_->figures();
      database_->commit();
      group.figures = figures;
    } catch (const std::exception& error) {
      database_->roll_back();
      fault = failure_of(error);
    }
  }
  for (auto i = first; i < last; ++i) group.faults[i] = fault;
}

void Store::tell(Group group) {
  busy_ = false;
  if (group.figures) figures_ = *group.figures;
  const auto& last = group.faults.back();
  fault_ = last ? last->why : "";
  on_commit(group.seconds);
  send();
  const bool telling = !answers_.empty();
  for (std::size_t i = 0; i < group.operations.size(); ++i)
    answers_.emplace_back(std::move(group.operations[i]), std::move(group.faults[i]));
  if (!telling) few_per_turn(loop_.get_executor(), kToldPerTurn, [this] { return tell_next(); });
}

// In the order of their questions. A group may be as large as there are clients.
bool Store::tell_next() {
  const auto [operation, fault] = std::move(answers_.front());
  operation->tell(fault);
  answers_.pop_front();
  return !answers_.empty();
}

void Store::finish(Database& database, const std::function<void(Database&)>& last) try {
  database.begin();
  last(database);
  database.commit();
} catch (const std::exception&) {  // then it is as if the server had been killed
  database.roll_back();
}

void Store::finish(std::function<void(Database&)> last) {
  Group group;
  group.operations = std::exchange(asked_, {});
  std::promise<void> done;
  thread_.run([&] {
    if (!group.operations.empty()) perform(group);
    if (database_) finish(*database_, last);
    database_.reset();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace jobs
