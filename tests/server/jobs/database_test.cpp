// What is stored, without a thread, a loop or a process.

#include "server/jobs/database.h"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <SQLiteCpp/Database.h>

#include <filesystem>
#include <fstream>

#include "server/jobs/check.h"
#include "server/jobs/schema.h"
#include "server/loop/random_id.h"
#include "tests/harness/temporary_directory.h"

namespace jobs {
namespace {

Content content_of(std::string bytes) {
  const auto size = bytes.size();
  return {std::move(bytes), {}, size};
}

Submission submission_of(const std::string& text, const std::string& key = "") {
  Submission submission;
  submission.id = loop::random_id();
  submission.client = "127.0.0.1";
  submission.task = "primes";
  submission.content_type = "application/json";
  submission.key = key;
  submission.content = content_of(text);
  return submission;
}

Ending done_with(std::string result) {
  Ending ending;
  ending.type = "application/json";
  ending.result = content_of(std::move(result));
  return ending;
}

// One transaction each.
struct Opened {
  explicit Opened(const std::filesystem::path& path) : database(path) {}
  Database database;

  template <typename Work>
  auto operator()(Work work) {
    database.begin();
    auto result = work(database);
    database.commit();
    return result;
  }
  Submitted submit(const Submission& submission, std::uint64_t backlog = 1000) {
    return (*this)([&](Database& d) { return d.submit(submission, 1, backlog); });
  }
  State state(const std::string& id) {
    return (*this)([&](Database& d) { return d.find(id).value().state; });
  }
  std::optional<Begun> start(const std::string& id) {
    return (*this)([&](Database& d) { return d.start(id, 2); });
  }
  bool end(const std::string& id, const Ending& ending, UnixTime at = 3) {
    return (*this)([&](Database& d) { return d.end(id, ending, at); });
  }
  std::string result(const std::string& id) {
    return (*this)([&](Database& d) { return read_all(d.result(d.find(id).value())); });
  }
};

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder / "contents"), {}));
}

TEST_CASE("a job goes from queued over running to done, with its request and its result, short or long") {
  for (const std::size_t size : {std::size_t{10}, kInFile, kInFile + 1, std::size_t{3'000'000}}) {
    CAPTURE(size);
    const harness::TemporaryDirectory folder;
    const auto request = std::string(size, 'q'), result = std::string(size, 'r');
    const auto submission = submission_of(request);
    Opened(folder.path()).submit(submission);
    CHECK(files_in(folder.path()) == (size > kInFile ? 1 : 0));
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
    CHECK(files_in(folder.path()) == (size > kInFile ? 1 : 0));  // the request's is gone
    CHECK(opened([](Database& d) { return d.figures().bytes; }) == size);
    CHECK(opened([&](Database& d) { return d.forget(submission.id); }));
    CHECK(files_in(folder.path()) == 0);
    CHECK(opened([](Database& d) { return d.figures().bytes; }) == 0);
    CHECK(check(folder.path()).faults.empty());
  }
}

TEST_CASE("what is stored is nobody else's to read, though the folder is open to all") {
  const harness::TemporaryDirectory folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  { const Database made(folder.path()); }
  std::filesystem::permissions(folder.path() / "jobs.sqlite",
                               std::filesystem::perms(0644));  // of an earlier version
  Database database(folder.path());
  database.submit(submission_of("{}"), 1, 10);
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

TEST_CASE("what ran when the server was killed is queued again while its retries last, else interrupted") {
  const harness::TemporaryDirectory folder;
  auto once = submission_of("{}"), twice = submission_of("{}"), never_begun = submission_of("{}");
  twice.retries = 1;
  for (const auto* each : {&once, &twice, &never_begun}) Opened(folder.path()).submit(*each);
  for (const auto expected : {State::queued, State::interrupted}) {
    {
      Opened opened(folder.path());
      opened.start(once.id);
      opened.start(twice.id);
    }
    Opened opened(folder.path());
    CHECK(opened.state(once.id) == State::interrupted);
    CHECK(opened.state(twice.id) == expected);
    CHECK(opened.state(never_begun.id) == State::queued);
  }
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

TEST_CASE("a transaction that fails leaves nothing, no file either") {
  const harness::TemporaryDirectory folder;
  Opened opened(folder.path());
  auto& database = opened.database;
  const auto job = submission_of(std::string(kInFile + 1, 'q'));
  database.begin();
  database.submit(job, 1, 10);
  database.roll_back();
  CHECK(files_in(folder.path()) == 0);
  CHECK(opened([](Database& d) { return d.figures().bytes; }) == 0);
  CHECK_FALSE(opened([&](Database& d) { return d.find(job.id); }));
}

TEST_CASE("a folder that is gone, or another in its place, fails what is asked for") {
  const harness::TemporaryDirectory directory;
  const auto path = directory.path() / "jobs";
  Opened opened(path);
  opened.submit(submission_of("{}"));
  std::filesystem::rename(path, directory.path() / "moved");
  CHECK_THROWS_AS(opened.database.begin(), StoreError);
  opened.database.roll_back();
  std::filesystem::create_directory(path);
  CHECK_THROWS_AS(opened.database.begin(), StoreError);
  opened.database.roll_back();
  std::filesystem::remove(path);
  std::filesystem::rename(directory.path() / "moved", path);
  CHECK(opened.submit(submission_of("{}")).how == Submitted::How::stored);
}

TEST_CASE("another process cannot have the same folder") {
  const harness::TemporaryDirectory folder;
  const Opened opened(folder.path());
  const auto child = ::fork();
  if (child == 0) {
    try {
      Database second(folder.path());
    } catch (const StoreRefused&) {
      ::_exit(3);
    } catch (...) {
    }
    ::_exit(4);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 3);
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

TEST_CASE("the check names what is damaged and what is lost") {
  const harness::TemporaryDirectory folder;
  const auto job = submission_of(std::string(kInFile + 1, 'q'));
  Opened(folder.path()).submit(job);
  CHECK(check(folder.path()).summary == "1 queued");
  std::filesystem::resize_file(folder.path() / "contents" / (job.id + ".content"), 10);
  auto faults = check(folder.path()).faults;
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].find("has 10 bytes, not 65537") != std::string::npos);
  std::filesystem::remove(folder.path() / "contents" / (job.id + ".content"));
  CHECK(check(folder.path()).faults.size() == 1);
  std::ofstream(folder.path() / "jobs.sqlite", std::ios::trunc)
      << "no database at all, but long enough to be one";
  CHECK(check(folder.path()).faults.size() == 1);
  CHECK(check(folder.path() / "nowhere").faults.size() == 1);
}

TEST_CASE("what no job needs any more is gone with the next start") {
  const harness::TemporaryDirectory folder;
  const auto job = submission_of(std::string(kInFile + 1, 'q'));
  Opened(folder.path()).submit(job);
  for (const auto* name : {"dead.content", "dead.result", "half.content.new"})
    folder.write(std::string("contents/") + name, "x");
  Opened opened(folder.path());
  CHECK(files_in(folder.path()) == 1);
  CHECK(opened.start(job.id));
}

}  // namespace
}  // namespace jobs
