#pragma once
// Deadlines that all lie the same span ahead, for thousands of connections at the price of one timer: members
// join at the back, so the list is always in order of time. Nothing runs while nobody is due. Used by
// connection.h, one list per span.

#include <boost/intrusive/list.hpp>

#include "server/loop/loop.h"

namespace front_door {

class DeadlineList {
 public:
  using Hook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

  /// Something that can be late. It leaves its list by itself when it is destroyed.
  class Member : public Hook {
   public:
    virtual void expired() = 0;
    /// Leaves the list that it is in, if any.
    void leave() {
      if (is_linked()) unlink();
    }

   protected:
    ~Member() = default;

   private:
    friend DeadlineList;
    Deadline due_;
  };

  DeadlineList(Loop& loop, Milliseconds span) : timer_(loop.get_executor()), span_(span) {}

  /// `member` (out of whatever list it was in) is told expired() one span from now, unless it leaves before.
  void join(Member& member);

  /// Tells the member that has been here longest that its time is over, if that is `held` at least. False
  /// where there is none.
  bool expire_oldest(Milliseconds held);

 private:
  void arm();
  void expire_due();

  Timer timer_;
  Milliseconds span_;
  bool armed_ = false;
  boost::intrusive::list<Member, boost::intrusive::constant_time_size<false>> members_;
};

}  // namespace front_door
