#include "server/front_door/deadline_list.h"

namespace front_door {

void DeadlineList::join(Member& member) {
  member.leave();
  member.due_ = Clock::now() + span_;
  members_.push_back(member);
  if (!armed_) arm();
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
  while (!members_.empty() && members_.front().due_ <= now) {
    auto& late = members_.front();
    late.leave();
    late.expired();
  }
  if (!members_.empty() && !armed_) arm();
}

}  // namespace front_door
