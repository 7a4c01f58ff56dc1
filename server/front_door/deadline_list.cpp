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
    if (!error) expire_due();
  });
}

// Meanwhile it is armed, so nobody who joins needs the timer.
void DeadlineList::expire_due() {
  few_per_turn(timer_.get_executor(), kEndedPerTurn, [this] {
    if (members_.empty()) {
      armed_ = false;
      return false;
    }
    auto& late = members_.front();
    if (late.due_ > Clock::now()) {
      arm();
      return false;
    }
    late.leave();
    late.expired();
    return true;
  });
}

}  // namespace front_door
