// The store's thread: groups, failures, and its end.

#include "server/jobs/store.h"

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fstream>

#include "tests/harness/temporary_directory.h"

namespace jobs {
namespace {

Submission some_submission(const std::string& text) {
  Submission submission;
  submission.id = new_id();
  submission.client = "somebody";
  submission.task = "t";
  submission.content = {text, {}, text.size()};
  return submission;
}

TEST_CASE("what is asked for while a group is written is one group, and each hears of its own") {
  const harness::TemporaryDirectory folder;
  Loop loop(1);
  Store store(loop, folder.path());
  int commits = 0, stored = 0;
  store.on_commit = [&](double) { ++commits; };
  for (int i = 0; i < 100; ++i)
    store.run([job = some_submission("{}")](Database& database) { return database.submit(job, 1, 1000); },
              [&](Answer<Submitted> answer) { stored += std::holds_alternative<Submitted>(answer); });
  loop.run();
  CHECK(stored == 100);
  CHECK(commits == 2);  // the first by itself, and all that came meanwhile
  CHECK(store.figures().by_state[0] == 100);
}

TEST_CASE("one that cannot be stored spoils nothing for the others of its group") {
  const harness::TemporaryDirectory folder;
  Loop loop(1);
  Store store(loop, folder.path());
  int stored = 0;
  std::string why;
  const auto ask = [&](bool fails) {
    store.run(
        [job = some_submission("{}"), fails](Database& database) {
          if (fails) throw StoreError("it is too heavy");
          return database.submit(job, 1, 1000);
        },
        [&](Answer<Submitted> answer) {
          if (const auto* failed = std::get_if<StoreFailed>(&answer))
            why += failed->why;
          else
            ++stored;
        });
  };
  for (int i = 0; i < 10; ++i) ask(i == 5);
  loop.run();
  CHECK(stored == 9);
  CHECK(why == "it is too heavy");
  CHECK(store.figures().by_state[0] == 9);
}

TEST_CASE("a damaged database fails what is asked for, and not the server") {
  const harness::TemporaryDirectory folder;
  folder.write("jobs.sqlite", std::string(10'000, 'x'));
  Loop loop(1);
  Store store(loop, folder.path());
  CHECK(store.fault().find("not a database") != std::string::npos);
  std::string why;
  asio::co_spawn(
      loop.get_executor(),
      [&]() -> awaitable<> {
        auto answer = co_await store.call([](Database& database) { return database.list({}); });
        why = std::get<StoreFailed>(answer).why;
      },
      asio::detached);
  loop.run();
  CHECK(why == store.fault());
}

TEST_CASE("the last call does what is still asked for, and then its own") {
  const harness::TemporaryDirectory folder;
  Loop loop(1);
  std::uint64_t counted = 0;
  {
    Store store(loop, folder.path());
    for (int i = 0; i < 50; ++i)
      store.run([job = some_submission("{}")](Database& database) { return database.submit(job, 1, 1000); },
                [](Answer<Submitted>) {});
    store.finish([&](Database& database) { counted = database.figures().by_state[0]; });
  }
  CHECK(counted == 50);
}

}  // namespace
}  // namespace jobs
