// What is left of stored jobs when the server is killed, a transaction fails, or somebody else has been in
// their folder.

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "server/jobs/check.h"
#include "server/jobs/database.h"
#include "server/loop/size_limits.h"
#include "tests/server/jobs/opened.h"

namespace jobs {
namespace {

TEST_CASE("a transaction that fails leaves nothing, no file either") {
  const harness::TemporaryDirectory folder;
  Opened opened(folder.path());
  auto& database = opened.database;
  const auto job = submission_of(std::string(loop::kInFile + 1, 'q'));
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

TEST_CASE("the check names what is damaged and what is lost") {
  const harness::TemporaryDirectory folder;
  const auto job = submission_of(std::string(loop::kInFile + 1, 'q'));
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
  const auto job = submission_of(std::string(loop::kInFile + 1, 'q'));
  Opened(folder.path()).submit(job);
  for (const auto* name : {"dead.content", "dead.result", "half.content.new"})
    folder.write(std::string("contents/") + name, "x");
  Opened opened(folder.path());
  CHECK(files_in(folder.path()) == 1);
  CHECK(opened.start(job.id));
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

}  // namespace
}  // namespace jobs
