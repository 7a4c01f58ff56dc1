#include "server/telemetry/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "server/loop/unique_fd.h"
#include "tests/harness/temporary_directory.h"

namespace telemetry {
namespace {

constexpr int kHalf = 1024;  // of the queue

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

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
    CHECK(log.takes(spdlog::level::info));
    CHECK_FALSE(log.takes(spdlog::level::debug));
  }
  CHECK(backlogs == 0);
  std::string expected;
  for (int i = 0; i < kHalf / 2; ++i) expected += std::to_string(i) + "\n";
  CHECK(text_of(path) == expected);
}

}  // namespace
}  // namespace telemetry
