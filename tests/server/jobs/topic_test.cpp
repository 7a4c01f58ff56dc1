// What the watchers of a live job see.

#include "server/jobs/topic.h"

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <vector>

namespace jobs {
namespace {

TEST_CASE("each watcher hears of a change once, and finds the newest") {
  Loop loop(1);
  Topic topic(loop);
  std::vector<double> seen;
  const auto watch = [&]() -> awaitable<> {
    auto event = topic.event();
    while (topic.state() != State::done) {
      co_await topic.changed(event, Deadline::max());
      event = topic.event();
      seen.push_back(topic.progress());
    }
  };
  for (int i = 0; i < 3; ++i) asio::co_spawn(loop.get_executor(), watch(), asio::detached);
  loop.poll();
  for (int i = 1; i <= 1000; ++i) topic.on_progress(i / 1000.0);
  loop.poll();
  CHECK(seen == std::vector<double>{1, 1, 1});
  topic.set(State::done);
  loop.poll();
  CHECK(seen.size() == 6);
}

TEST_CASE("lines of stderr come whole, with their level taken off, and the oldest give way") {
  Loop loop(1);
  Topic topic(loop);
  const auto first = topic.event();
  topic.on_stderr("<3>bad\nhal");
  REQUIRE(topic.lines().size() == 1);
  CHECK(topic.lines()[0].text == "bad");
  CHECK(topic.lines()[0].event > first);
  topic.on_stderr("f\n\n");
  REQUIRE(topic.lines().size() == 2);
  CHECK(topic.lines()[1].text == "half");
  topic.on_stderr(std::string(100'000, 'x'));
  CHECK(topic.lines().size() == 16);
  CHECK(topic.lines()[0].text.size() == 1024);
}

}  // namespace
}  // namespace jobs
