#include "server/front_door/deadline_list.h"

#include "server/loop/after_others.h"

namespace front_door {
namespace {

// Ended in one turn of the loop: closing a connection takes up to 20 us.
constexpr int kEndedPerTurn = 16;

}  // namespace

void DeadlineList::join(Member& member) {
  member.leave();
  member.due_ = Clock::now() + span_;
  members_.push_back(member);
  if (!armed_) arm();
}

bool DeadlineList::expire_oldest(Milliseconds held) {
  if (members_.empty()) return false;
  auto& oldest = members_.front();
  if (Clock::now() - (oldest.due_ - span_) < held) return false;
  oldest.leave();
  oldest.expired();
  return true;
}

// The timer is left where it is when the first member leaves: it finds out when it fires, at most once a
// span.
void DeadlineList::arm() {
  armed_ = true;
  timer_.expires_at(members_.front().due_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    armed_ = false;
    expire_due();
  });
}

void DeadlineList::expire_due() {
  const auto now = Clock::now();
  const auto is_due = [&] { return !members_.empty() && members_.front().due_ <= now; };
  for (int ended = 0; ended < kEndedPerTurn && is_due(); ++ended) {
    auto& late = members_.front();
    late.leave();
    late.expired();
  }
  if (members_.empty() || armed_) return;
  if (!is_due()) return arm();
  armed_ = true;  // the next turn goes on, so nobody who joins meanwhile needs the timer
  after_others(timer_.get_executor(), [this] {
    armed_ = false;
    expire_due();
  });
}

}  // namespace front_door
