#include "server/telemetry/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "server/loop/unique_fd.h"
#include "tests/harness/patience.h"
#include "tests/harness/temporary_directory.h"

namespace telemetry {
namespace {

constexpr int kHalf = 1024;  // of the queue

using harness::text_of;

TEST_CASE("a writer hears of a queue that its reader lets fill, before a line of it is lost") {
  const harness::TemporaryDirectory directory;
  const auto path = (directory.path() / "log").string();
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const loop::UniqueFd reader(::open(path.c_str(), O_RDWR | O_CLOEXEC));  // takes nothing
  Log log(path, "info");
  int backlogs = 0;
  log.on_backlog([&backlogs] { ++backlogs; });
  const std::string line(200, 'x');
  // As much as the pipe takes, until the log's thread stands still for its second of patience.
  int before = 0;
  for (int i = 0; i < 2 * kHalf && backlogs == 0; ++i, ++before) log.write(spdlog::level::info, line);
  CHECK(backlogs == 1);
  CHECK(before >= kHalf);
  CHECK(before < 2 * kHalf);
}

TEST_CASE("a reader that keeps up is nothing to hear of, and gets every line that the level takes") {
  const harness::TemporaryDirectory directory;
  const auto path = (directory.path() / "log").string();
  int backlogs = 0;
  {
    Log log(path, "info");
    log.on_backlog([&backlogs] { ++backlogs; });
    for (int i = 0; i < kHalf / 2; ++i) {
      log.write(spdlog::level::info, std::to_string(i));
      log.write(spdlog::level::debug, "not this");
    }
    CHECK(log.accepts(spdlog::level::info));
    CHECK_FALSE(log.accepts(spdlog::level::debug));
  }
  CHECK(backlogs == 0);
  std::string expected;
  for (int i = 0; i < kHalf / 2; ++i) expected += std::to_string(i) + "\n";
  CHECK(text_of(path) == expected);
}

TEST_CASE("lines that get lost are counted, and said once lines get out again") {
  const harness::TemporaryDirectory directory;
  const auto path = (directory.path() / "log").string();
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const loop::UniqueFd reader(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  Log log(path, "info");
  log.on_lost([](std::uint64_t lines) { return std::to_string(lines) + " lines lost"; });
  const std::string line(500, 'x');
  for (int i = 0; i < kHalf; ++i) log.write(spdlog::level::info, line);  // more than the pipe takes
  REQUIRE(harness::eventually(std::chrono::seconds(10), [&] { return log.lost() > 0; }));
  std::string text;
  CHECK(harness::eventually(std::chrono::seconds(10), [&] {
    char chunk[65536];
    for (ssize_t size; (size = ::read(reader.get(), chunk, sizeof chunk)) > 0;)
      text.append(chunk, static_cast<std::size_t>(size));
    log.write(spdlog::level::info, "alive");
    return text.find(" lines lost\n") != std::string::npos;
  }));
}

TEST_CASE("a long text is quoted behind what begins its line") {
  const harness::TemporaryDirectory directory;
  const auto path = (directory.path() / "log").string();
  Log(path, "info").write_quoted(spdlog::level::warn, "{\"text\":", "two\nlines", "}");
  CHECK(text_of(path) == "{\"text\":\"two\\nlines\"}\n");
}

}  // namespace
}  // namespace telemetry
