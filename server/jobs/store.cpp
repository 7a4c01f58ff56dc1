#include "server/jobs/store.h"

#include <future>

#include "server/loop/after_others.h"

namespace jobs {
namespace {

constexpr std::size_t kInGroup = 1000;  // operations of one transaction
constexpr int kToldPerTurn = 4;         // each is a response, mostly: some 30 us

}  // namespace

Store::Store(Loop& loop, const std::filesystem::path& folder) : loop_(loop), thread_(loop, 1) {
  try {
    database_ = std::make_unique<Database>(folder);
    figures_ = database_->figures();
  } catch (const StoreRefused&) {
    throw;
  } catch (const std::exception& error) {
    database_.reset();
    fault_ = error.what();
  }
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
  if (group.faults.front() && database_) {
    for (std::size_t i = 0; i < count; ++i) {
      database_->make_room();
      perform(group, i, i + 1);
    }
  }
  group.seconds = milliseconds(Clock::now() - begin) / 1e3;
  for (auto& operation : group.operations) operation->let_go();
}

void Store::perform(Group& group, std::size_t first, std::size_t last) {
  std::optional<std::string> fault;
  if (!database_) {
    fault = fault_;
  } else {
    try {
      database_->begin();
      for (auto i = first; i < last; ++i) group.operations[i]->perform(*database_);
      auto figures = database_->figures();
      database_->commit();
      group.figures = figures;
    } catch (const std::exception& error) {
      database_->roll_back();
      fault = error.what();
    }
  }
  for (auto i = first; i < last; ++i) group.faults[i] = fault;
}

void Store::tell(Group group) {
  busy_ = false;
  if (group.figures) figures_ = *group.figures;
  if (database_) fault_ = group.faults.back().value_or("");
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
  operation->tell(fault ? &*fault : nullptr);
  answers_.pop_front();
  return !answers_.empty();
}

void Store::finish(std::function<void(Database&)> last) {
  if (!database_) return;
  Group group;
  group.operations = std::exchange(asked_, {});
  std::promise<void> done;
  thread_.run([&] {
    if (!group.operations.empty()) perform(group);
    try {
      database_->begin();
      last(*database_);
      database_->commit();
    } catch (const std::exception&) {  // then it is as if the server had been killed
      database_->roll_back();
    }
    database_.reset();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace jobs
