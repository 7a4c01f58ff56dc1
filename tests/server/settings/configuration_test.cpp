#include "server/settings/configuration.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/harness/temporary_directory.h"

namespace settings {
namespace {

using Texts = std::vector<std::string>;

struct File {
  explicit File(const std::string& text) : path(directory.write("c.toml", text)) {}
  Configuration read() const { return read_configuration(path); }
  harness::TemporaryDirectory directory;
  std::string path;
};

TEST_CASE("a value is what TOML says: quotes keep a #, an array has elements, a number keeps its form") {
  const auto found = File(
                         "\xEF\xBB\xBFlog-file = \"job#1.log\"  # comment\r\n"
                         "port = 8_080\r\n"
                         "idle-timeout = 1.5\r\n"
                         "log-replies = true\r\n"
                         "unix-socket-mode = 0o640\r\n"
                         "env = ['A=1', \"B=2\"]\r\n")
                         .read();
  const auto texts = [&](std::string_view key) {
    for (const auto& entry : found.entries)
      if (entry.key == key) return entry.texts;
    return Texts{"missing"};
  };
  CHECK(texts("log-file") == Texts{"job#1.log"});
  CHECK(texts("port") == Texts{"8080"});
  CHECK(texts("idle-timeout") == Texts{"1.5"});
  CHECK(texts("log-replies") == Texts{"true"});
  CHECK(texts("unix-socket-mode") == Texts{"0640"});
  CHECK(texts("env") == Texts{"A=1", "B=2"});
  CHECK(found.tasks.empty());
}

TEST_CASE("each setting knows its place, and so does each error") {
  const File file("running = 2\n\n[task.sleep]\n  timeout = \"1s\"\nparams.width = { minimum = 1 }\n");
  const auto found = file.read();
  REQUIRE(found.tasks.size() == 1);
  CHECK(found.tasks[0].name == "sleep");
  REQUIRE(found.tasks[0].entries.size() == 2);
  for (const auto& entry : found.tasks[0].entries)
    if (entry.key == "timeout")
      CHECK(entry.place.starts_with(file.path + ":4:"));
    else {
      CHECK(entry.is_table);
      CHECK(entry.json.find("\"minimum\"") != std::string::npos);
    }
  const struct {
    const char* text;
    const char* place;
  } faults[] = {{"a = 1\nb = \n", ":2:"},
                {"timeout = 200ms\n", ":1:"},
                {"a = 1\na = 2\n", ":2:"},
                {"\n[jobs]\nrunning = 1\n", ":2:"},
                {"a = 1979-05-27\n", ":1:"}};
  for (const auto& fault : faults) {
    CAPTURE(std::string(fault.text));
    const File bad(fault.text);
    const auto place = bad.path + fault.place;
    CHECK_THROWS_WITH_AS(bad.read(), doctest::Contains(place.c_str()), BadConfiguration);
  }
  CHECK_THROWS_WITH_AS(read_configuration("/nonexistent/file"),
                       doctest::Contains("/nonexistent/file: No such"), BadConfiguration);
}

}  // namespace
}  // namespace settings
