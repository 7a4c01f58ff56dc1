// What is stored, without a thread, a loop or a process. What survives faults is in database_faults_test.cpp.

#include "server/jobs/database.h"

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "server/jobs/check.h"
#include "server/jobs/schema.h"
#include "server/loop/size_limits.h"
#include "tests/server/jobs/opened.h"

namespace jobs {
namespace {

TEST_CASE("a job goes from queued over running to done, with its request and its result, short or long") {
  for (const std::size_t size : {std::size_t{10}, loop::kInFile, loop::kInFile + 1, std::size_t{3'000'000}}) {
    CAPTURE(size);
    const harness::TemporaryDirectory folder;
    const auto request = std::string(size, 'q'), result = std::string(size, 'r');
    const auto submission = submission_of(request);
    Opened(folder.path()).submit(submission);
    CHECK(files_in(folder.path()) == (size > loop::kInFile ? 1 : 0));
    Opened opened(folder.path());
    CHECK(opened.state(submission.id) == State::queued);
    const auto begun = opened.start(submission.id);
    REQUIRE(begun);
    CHECK(read_all(begun->submission.content) == request);
    CHECK(begun->submission.content_type == "application/json");
    CHECK(begun->record.attempts == 1);
    CHECK_FALSE(opened.start(submission.id));
    CHECK(opened.end(submission.id, done_with(result)));
    CHECK_FALSE(opened.end(submission.id, done_with("again")));
    CHECK(opened.state(submission.id) == State::done);
    CHECK(opened.result(submission.id) == result);
    CHECK(files_in(folder.path()) == (size > loop::kInFile ? 1 : 0));  // the request's is gone
    CHECK(opened([](Database& d) { return d.figures().bytes; }) == size);
    CHECK(opened([&](Database& d) { return d.forget(submission.id); }));
    CHECK(files_in(folder.path()) == 0);
    CHECK(opened([](Database& d) { return d.figures().bytes; }) == 0);
    CHECK(check(folder.path()).faults.empty());
  }
}

TEST_CASE("a later job's id comes last, and what follows the time cannot be guessed") {
  const auto first = new_id(), second = new_id();
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const auto later = new_id();
  for (const auto& id : {first, second, later})
    CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(first.size() == 12 + 32);
  CHECK(std::stoll(first.substr(0, 12), nullptr, 16) == doctest::Approx(now()).epsilon(1e-6));
  CHECK(first.substr(12) != second.substr(12));
  CHECK(later > first);
  CHECK(later > second);
}

TEST_CASE("what is stored together cannot have more room than there is") {
  const harness::TemporaryDirectory directory;
  Folder folder(directory.path());
  folder.look_for_room(0);
  const auto most = std::filesystem::space(directory.path()).available * 6 / 10;
  folder.must_have_room(most, 0);
  CHECK_THROWS_AS(folder.must_have_room(most, 0), StoreError);
  folder.look_for_room(0);
  folder.must_have_room(most, 0);
}

TEST_CASE("SQLite's log is brought into the tables again and again, whatever was read meanwhile") {
  const harness::TemporaryDirectory folder;
  Opened opened(folder.path());
  const std::string content(40'000, 'c');
  for (int i = 0; i < 400; ++i) {
    const auto job = submission_of(content, std::to_string(i));
    opened.submit(job);
    CHECK(opened.submit(job).how == Submitted::How::known);
    CHECK(opened.start(job.id));
  }
  // It begins anew at 4 MB; beyond that a transaction more.
  CHECK(std::filesystem::file_size(folder.path() / "jobs.sqlite-wal") < 6'000'000);
}

TEST_CASE("what is stored is nobody else's to read, though the folder is open to all") {
  const harness::TemporaryDirectory folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  { const Database made(folder.path()); }
  std::filesystem::permissions(folder.path() / "jobs.sqlite",
                               std::filesystem::perms(0644));  // of an earlier version
  Opened opened(folder.path());
  opened.submit(submission_of("{}"));
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
    CAPTURE(file.path().string());
    const auto open_to_others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    CHECK((file.status().permissions() & open_to_others) == std::filesystem::perms::none);
  }
}

TEST_CASE("one key is one job, and another content with that key is refused") {
  const harness::TemporaryDirectory folder;
  Opened opened(folder.path());
  const auto first = submission_of("{}", "k");
  CHECK(opened.submit(first).how == Submitted::How::stored);
  const auto again = opened.submit(submission_of("{}", "k"));
  CHECK(again.how == Submitted::How::known);
  CHECK(again.id == first.id);
  CHECK(opened.submit(submission_of("{ }", "k")).how == Submitted::How::key_reused);
  auto other = submission_of("{}", "k");
  other.client = "127.0.0.2";
  CHECK(opened.submit(other).how == Submitted::How::stored);
  opened.end(first.id, done_with(""));
  CHECK(opened.submit(submission_of("{}", "k")).state == State::done);
  opened([&](Database& d) { return d.forget(first.id); });
  CHECK(opened.submit(submission_of("{}", "k")).how == Submitted::How::stored);
}

TEST_CASE("the backlog is bounded") {
  const harness::TemporaryDirectory folder;
  Opened opened(folder.path());
  const auto first = submission_of("{}");
  CHECK(opened.submit(first, 2).how == Submitted::How::stored);
  CHECK(opened.submit(submission_of("{}"), 2).how == Submitted::How::stored);
  CHECK(opened.submit(submission_of("{}"), 2).how == Submitted::How::full);
  opened.start(first.id);
  CHECK(opened.submit(submission_of("{}"), 2).how == Submitted::How::stored);
}

TEST_CASE("what runs when the server is ended in order has not been attempted") {
  const harness::TemporaryDirectory folder;
  const auto job = submission_of("{}");
  Opened(folder.path()).submit(job);
  for (int i = 0; i < 3; ++i) {
    Opened opened(folder.path());
    const auto begun = opened.start(job.id);
    REQUIRE(begun);
    CHECK(begun->record.attempts == 1);
    opened([](Database& d) {
      d.queue_all_again();
      return 0;
    });
  }
}

TEST_CASE("the oldest that ended go first, by age and by size") {
  const harness::TemporaryDirectory folder;
  Opened opened(folder.path());
  std::vector<Submission> all;
  for (int i = 0; i < 6; ++i) {
    all.push_back(submission_of("{}"));
    opened.submit(all.back());
    if (i < 5) opened.end(all.back().id, done_with(std::string(100, 'r')), 1000 + i);
  }
  CHECK(opened([](Database& d) { return d.forget_oldest(1002, 1 << 20, 100); }) == 2);
  CHECK(opened([](Database& d) { return d.forget_oldest(0, 210, 100); }) == 1);
  CHECK(opened([](Database& d) { return d.forget_oldest(0, 0, 1); }) == 1);
  const auto left = opened([](Database& d) { return d.list({}); });
  REQUIRE(left.size() == 2);
  CHECK(left[0].id == all[5].id);  // queued: never forgotten
  CHECK(left[1].id == all[4].id);
}

TEST_CASE("a list is bounded, goes on where it ended, and can be narrowed") {
  const harness::TemporaryDirectory folder;
  Opened opened(folder.path());
  for (int i = 0; i < 5; ++i) {
    auto job = submission_of("{}");
    job.task = i % 2 ? "odd" : "even";
    job.owner = i < 3 ? "ann" : "bob";
    opened.submit(job);
  }
  const auto list = [&](Filter filter) { return opened([&](Database& d) { return d.list(filter); }); };
  const auto first = list({{}, "", {}, 0, 3});
  REQUIRE(first.size() == 3);
  const auto rest = list({{}, "", {}, first.back().sequence, 3});
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].sequence == first.back().sequence - 1);
  CHECK(list({{}, "odd", {}, 0, 10}).size() == 2);
  CHECK(list({{}, "", "bob", 0, 10}).size() == 2);
  CHECK(list({State::done, "", {}, 0, 10}).empty());
}

TEST_CASE("older tables are brought to the newest version, and newer ones are refused") {
  const char* const steps[] = {"CREATE TABLE a (x)", "ALTER TABLE a ADD COLUMN y", "CREATE TABLE b (z)"};
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  migrate(database, std::span(steps).first(1));
  database.exec("INSERT INTO a VALUES (1)");
  migrate(database, steps);
  CHECK(database.execAndGet("SELECT count(*) FROM a WHERE y IS NULL").getInt() == 1);
  CHECK(database.tableExists("b"));
  migrate(database, steps);
  CHECK_THROWS_AS(migrate(database, std::span(steps).first(2)), StoreRefused);
}

}  // namespace
}  // namespace jobs
