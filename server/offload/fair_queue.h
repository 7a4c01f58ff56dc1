#pragma once
// Who is next: a line per client, served in turn. The next slot goes to the client with the fewest running
// jobs for its weight; between equals, to the one who has gone longest without a turn. Knows no slot, no time
// and no coroutine. Used by admission.h.

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "server/process/job.h"

namespace offload {

class FairQueue {
 public:
  struct Line;

  /// Somebody in a line. Its owner keeps it alive until it has left.
  struct Waiter : boost::intrusive::list_base_hook<> {
    Line* line = nullptr;  ///< null unless it waits
  };

  /// What one client has here. Its address stays the same while it runs or waits.
  struct Line {
    process::Client client;
    std::size_t running = 0;
    std::uint64_t since = 0;  ///< the last begin or end of a job of it; else its arrival
    boost::intrusive::list<Waiter> waiting;
  };

  FairQueue() = default;
  FairQueue(const FairQueue&) = delete;
  FairQueue& operator=(const FairQueue&) = delete;

  /// The client's line, made where there is none. Its terms are the newest ones. One that stays empty is gone
  /// with the next drop_if_idle().
  Line& line_of(const process::Client& client);

  /// At the end of the line. Every one of these takes O(log lines).
  void join(Line& line, Waiter& waiter);
  void leave(Waiter& waiter);

  /// Takes the one whose turn it is out of its line, which is told too, and counts it as running. Nulls where
  /// nobody waits who may run.
  std::pair<Waiter*, Line*> next();
  /// One job more, or one less, of that client runs.
  void begin(Line& line);
  void finish(Line& line);
  void drop_if_idle(Line& line);

  /// The newest of the longest line, where that line is longer by more than one than `line` will be with one
  /// more: the one to give way. Else null.
  Waiter* to_give_way_to(const Line& line);

  /// Somebody of the longest line; null where nobody waits.
  Waiter* anybody() const {
    return by_length_.empty() ? nullptr : &by_length_.rbegin()->second->waiting.back();
  }

  /// How many wait, and the one whom next() would give is there.
  std::size_t waiting() const { return waiting_; }
  bool anybody_next() const { return !by_turn_.empty(); }
  /// How many that client runs and has waiting; zeros for one who is not here.
  std::pair<std::size_t, std::size_t> counts_of(const std::string& name) const;

 private:
  using Turn = std::tuple<double, std::uint64_t, Line*>;
  static Turn turn_of(Line& line);
  static bool may_run(const Line& line) { return line.running < line.client.running; }
  void unrank(Line& line);
  void rank(Line& line);

  std::map<std::string, Line, std::less<>> lines_;
  std::set<Turn> by_turn_;                             // of the lines with somebody who may run
  std::set<std::pair<std::size_t, Line*>> by_length_;  // of the lines with somebody in them
  std::uint64_t events_ = 0;
  std::size_t waiting_ = 0;
};

}  // namespace offload
