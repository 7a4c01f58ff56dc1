// The bookkeeping of a crew, with a clock that the test sets, and no process.
#include "server/offload/ready.h"

#include <doctest/doctest.h>

namespace offload {
namespace {

struct Waiting {
  int number;
  process::History past;
  const process::History& history() const { return past; }
};

constexpr Clock::time_point at(int seconds) {
  return Clock::time_point{} + std::chrono::seconds(seconds);
}

std::unique_ptr<Waiting> spare(int number) {
  return std::make_unique<Waiting>(Waiting{number, {}});
}

std::unique_ptr<Waiting> used(int number, int since, std::uint64_t jobs = 1, std::string key = {}) {
  process::History past;
  past.jobs = jobs;
  past.key = std::move(key);
  past.idle_since = at(since);
  return std::make_unique<Waiting>(Waiting{number, past});
}

int number_of(const std::unique_ptr<Waiting>& process) {
  return process ? process->number : 0;
}

const Wanted kOften{{}, 100};

TEST_CASE("the oldest spare is lent first, and none twice") {
  Ready<Waiting> ready;
  for (const int number : {1, 2, 3}) ready.add_spare(spare(number));
  for (const int number : {1, 2, 3}) CHECK(number_of(ready.pick({})) == number);
  CHECK(ready.pick({}) == nullptr);
  CHECK(ready.empty());
}

TEST_CASE("what was used last is lent before what was used earlier, and before a spare") {
  Ready<Waiting> ready;
  ready.add_used(used(1, 10));
  ready.add_used(used(2, 20));
  ready.add_spare(spare(3));
  for (const int number : {2, 1, 3}) CHECK(number_of(ready.pick(kOften)) == number);
}

TEST_CASE("who has done as many jobs as one may is not lent, and stays") {
  Ready<Waiting> ready;
  ready.add_used(used(1, 10, 5));
  CHECK(ready.pick({{}, 5}) == nullptr);
  CHECK(ready.size() == 1);
  CHECK(number_of(ready.pick({{}, 6})) == 1);
  ready.add_used(used(2, 10, 1'000'000));
  CHECK(number_of(ready.pick({{}, 0})) == 2);
}

TEST_CASE("who has served one client's key serves no other, nor those without") {
  Ready<Waiting> ready;
  ready.add_used(used(1, 10, 1, "alice"));
  CHECK(ready.pick({"bob", 100}) == nullptr);
  CHECK(ready.pick(kOften) == nullptr);
  CHECK(ready.for_anybody() == 0);
  CHECK(number_of(ready.pick({"alice", 100})) == 1);
}

TEST_CASE("a spare serves any key, once") {
  Ready<Waiting> ready;
  ready.add_spare(spare(1));
  CHECK(ready.for_anybody() == 1);
  CHECK(number_of(ready.pick({"bob", 1})) == 1);
}

TEST_CASE("who has waited for long is ended first, and spares never for that") {
  Ready<Waiting> ready;
  ready.add_spare(spare(1));
  CHECK(ready.oldest() == Clock::time_point::max());
  ready.add_used(used(2, 10));
  ready.add_used(used(3, 20));
  CHECK(ready.oldest() == at(10));
  CHECK(ready.pick_idle_since(at(9)) == nullptr);
  CHECK(number_of(ready.pick_idle_since(at(10))) == 2);
  CHECK(ready.oldest() == at(20));
  CHECK(number_of(ready.pick_idle_since(at(1000))) == 3);
  CHECK(ready.pick_idle_since(at(1000)) == nullptr);
  CHECK(ready.size() == 1);
}

TEST_CASE("one that has ended is removed, wherever it stands, and one that was lent is not there") {
  Ready<Waiting> ready;
  for (const int number : {1, 2, 3}) ready.add_used(used(number, number));
  auto lent = ready.pick(kOften);
  REQUIRE(number_of(lent) == 3);
  CHECK(ready.remove(*lent) == nullptr);
  auto first = used(4, 4);
  const auto& dead = *first;
  ready.add_spare(std::move(first));
  CHECK(number_of(ready.remove(dead)) == 4);
  CHECK(ready.remove_all().size() == 2);
  CHECK(ready.empty());
}

}  // namespace
}  // namespace offload
