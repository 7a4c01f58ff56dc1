// The order in which clients are served, without slots, time or processes.

#include "server/offload/fair_queue.h"

#include <doctest/doctest.h>

#include <deque>
#include <string>

namespace offload {
namespace {

// Waiters with a name, in the order of their arrival.
struct Crowd {
  struct Somebody : FairQueue::Waiter {
    std::string name;
  };
  FairQueue queue;
  std::deque<Somebody> all;

  Somebody& join(const std::string& client, const std::string& name, double weight = 1,
                 std::size_t running = process::Client::kUnbounded) {
    auto& somebody = all.emplace_back();
    somebody.name = name;
    queue.join(queue.line_of({client, weight, running}), somebody);
    return somebody;
  }
  // "" where nobody may run.
  std::string next() {
    const auto [waiter, line] = queue.next();
    return waiter ? static_cast<Somebody*>(waiter)->name : "";
  }
  ~Crowd() {
    for (auto& somebody : all)
      if (somebody.line) queue.leave(somebody);
  }
};

TEST_CASE("one client's jobs are served in the order of their arrival") {
  Crowd crowd;
  for (const auto* name : {"1", "2", "3"}) crowd.join("a", name);
  CHECK(crowd.next() == "1");
  CHECK(crowd.next() == "2");
  CHECK(crowd.next() == "3");
  CHECK(crowd.next() == "");
}

TEST_CASE("a client with nothing running goes before eighty jobs of another") {
  Crowd crowd;
  for (int i = 0; i < 80; ++i) crowd.join("greedy", "g" + std::to_string(i));
  CHECK(crowd.next() == "g0");
  crowd.join("small", "s");
  CHECK(crowd.next() == "s");
  CHECK(crowd.next() == "g1");
}

TEST_CASE("with one slot clients take turns, however long their lines are") {
  Crowd crowd;
  for (const auto* name : {"a1", "a2", "a3", "a4"}) crowd.join("a", name);
  std::string served = crowd.next();
  const auto end = [&](const std::string& client) { crowd.queue.finish(crowd.queue.line_of({client})); };
  crowd.join("b", "b1");
  crowd.join("c", "c1");
  crowd.join("c", "c2");
  for (const auto* running : {"a", "b", "c", "a", "c"}) {
    end(running);
    served += ' ' + crowd.next();
  }
  CHECK(served == "a1 b1 c1 a2 c2 a3");
}

TEST_CASE("with one slot a client that sends one job after the other has every second turn") {
  Crowd crowd;
  for (const auto* name : {"a", "a", "a", "a"}) crowd.join("greedy", name);
  std::string served = crowd.next();
  for (int round = 0; round < 2; ++round) {
    crowd.join("small", "s");
    crowd.queue.finish(crowd.queue.line_of({"greedy"}));
    served += crowd.next();
    crowd.queue.finish(crowd.queue.line_of({"small"}));
    served += crowd.next();
  }
  CHECK(served == "asasa");
}

TEST_CASE("who waits is not kept waiting by clients that nobody has seen before") {
  Crowd crowd;
  crowd.join("patient", "p1");
  crowd.join("patient", "p2");
  CHECK(crowd.next() == "p1");
  crowd.join("new", "n1");
  crowd.queue.finish(crowd.queue.line_of({"patient"}));
  CHECK(crowd.next() == "n1");
  crowd.join("newer", "n2");
  crowd.queue.finish(crowd.queue.line_of({"new"}));
  CHECK(crowd.next() == "p2");
}

TEST_CASE("twice the weight is twice the slots") {
  Crowd crowd;
  for (int i = 0; i < 6; ++i) {
    crowd.join("heavy", "h", 2);
    crowd.join("light", "l");
  }
  std::string served;
  for (int i = 0; i < 6; ++i) served += crowd.next();
  CHECK(std::count(served.begin(), served.end(), 'h') == 4);
}

TEST_CASE("a client at its bound of running jobs waits, and holds up nobody") {
  Crowd crowd;
  crowd.join("bounded", "b1", 1, 1);
  crowd.join("bounded", "b2", 1, 1);
  CHECK(crowd.next() == "b1");
  CHECK(crowd.next() == "");
  crowd.join("other", "o");
  CHECK(crowd.next() == "o");
  crowd.queue.finish(crowd.queue.line_of({"bounded", 1, 1}));
  CHECK(crowd.next() == "b2");
}

TEST_CASE("who gives way is the newest of the longest line, and only to one shorter by two or more") {
  Crowd crowd;
  crowd.join("a", "a1");
  auto& newest = crowd.join("a", "a2");
  auto& b = crowd.queue.line_of({"b"});
  CHECK(crowd.queue.to_give_way_to(b) == &newest);
  crowd.join("b", "b1");
  CHECK(crowd.queue.to_give_way_to(b) == nullptr);
  CHECK(crowd.queue.to_give_way_to(crowd.queue.line_of({"a"})) == nullptr);
}

TEST_CASE("who has left is not served, and a client without jobs leaves nothing behind") {
  Crowd crowd;
  auto& gone = crowd.join("a", "1");
  crowd.join("a", "2");
  crowd.queue.leave(gone);
  CHECK(crowd.queue.waiting() == 1);
  CHECK(crowd.next() == "2");
  CHECK(crowd.queue.counts_of("a") == std::pair<std::size_t, std::size_t>{1, 0});
  crowd.queue.finish(crowd.queue.line_of({"a"}));
  CHECK(crowd.queue.counts_of("a") == std::pair<std::size_t, std::size_t>{0, 0});
}

}  // namespace
}  // namespace offload
