// Processes of commands that are started before there is a request, and wait for its content.

#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>

#include "tests/end_to_end/commands/command_server.h"
#include "tests/harness/process_table.h"

namespace end_to_end {
namespace {

constexpr auto kSlowToStart = "[task.slow]\nexec = [\"sh\", \"-c\", \"sleep 0.7; exec cat\"]\nspares = 1\n";

std::vector<pid_t> spares_of(CommandServer& server, const std::string& name) {
  std::vector<pid_t> spares;
  for (const auto pid : server.running().processes_left())
    if (const auto info = harness::find_process(pid); info && info->name == name) spares.push_back(pid);
  return spares;
}

// Whether a spare has come to the point at which it reads.
bool waits_for_content(CommandServer& server) {
  return eventually(seconds(10), [&] {
    const auto spares = spares_of(server, "cat");
    const auto spare = spares.size() == 1 ? harness::find_process(spares.front()) : std::nullopt;
    return spare && spare->state == 'S';
  });
}

TEST_CASE("a spare has its start behind it when the request comes, and the next one follows") {
  CommandServer server(kSlowToStart);
  for (const auto& content : {std::string("a"), std::string(), std::string(1 << 20, 'x')}) {
    REQUIRE(waits_for_content(server));
    const Stopwatch watch;
    const auto answer = server.post("/tasks/slow", content);
    CHECK(watch.elapsed() < milliseconds(500));
    CHECK(outcome_of(answer) == "200");
    CHECK(answer.body == content);
  }
}

TEST_CASE("a content that no pipe can hold gets a process of its own") {
  CommandServer server(kSlowToStart);
  REQUIRE(waits_for_content(server));
  const std::string content((1 << 20) + 1, 'x');
  const Stopwatch watch;
  const auto answer = server.post("/tasks/slow", content);
  CHECK(watch.elapsed() > milliseconds(600));
  CHECK(answer.body == content);
  CHECK(waits_for_content(server));
}

TEST_CASE("more requests than spares are served all the same") {
  const CommandServer server("[task.count]\nexec = \"wc -c\"\nspares = 1\n", {"--running", "2"});
  std::vector<std::future<HttpResponse>> answers;
  for (int i = 0; i < 20; ++i)
    answers.push_back(std::async(std::launch::async, [&, i] {
      return server.post("/tasks/count", std::string(static_cast<std::size_t>(i), 'x'));
    }));
  for (int i = 0; i < 20; ++i)
    CHECK(answers[static_cast<std::size_t>(i)].get().body == std::to_string(i) + "\n");
}

TEST_CASE("one that streams may have spares") {
  const CommandServer server("[task.copy]\nexec = \"cat\"\nstream = true\nspares = 1\n");
  for (int i = 0; i < 3; ++i) CHECK(server.post("/tasks/copy", "abc").body == "abc");
}

TEST_CASE("a program that does not wait for its content is started for each job, without haste for spares") {
  CommandServer server("[task.hello]\nexec = \"echo hello\"\nspares = 1\n");
  for (int i = 0; i < 5; ++i) CHECK(server.post("/tasks/hello").body == "hello\n");
  const auto starts = [&] {
    constexpr std::string_view name = "cruncherd_spawns_total{result=\"started\"} ";
    const auto metrics = server.client().get("/metrics").body;
    return std::stoi(metrics.substr(metrics.find(name) + name.size()));
  };
  const auto before = starts();
  std::this_thread::sleep_for(seconds(1));
  CHECK(starts() - before < 20);
}

TEST_CASE("a spare whose program is killed is replaced") {
  CommandServer server("[task.copy]\nexec = \"cat\"\nspares = 1\n");
  std::vector<pid_t> spares;
  const auto one_is_there = [&] {
    spares = spares_of(server, "cat");
    return spares.size() == 1;
  };
  REQUIRE(eventually(seconds(10), one_is_there));
  const auto first = spares.front();
  ::kill(first, SIGKILL);
  CHECK(eventually(seconds(10), [&] { return one_is_there() && spares.front() != first; }));
  CHECK(server.post("/tasks/copy", "abc").body == "abc");
}

TEST_CASE("at the server's end spares are gone, with their folders") {
  CommandServer server("[task.copy]\nexec = \"cat\"\nspares = 4\n");
  REQUIRE(eventually(seconds(10), [&] { return spares_of(server, "cat").size() == 4; }));
  CHECK(server.running().stop() == 0);
  CHECK(server.running().processes_left().empty());
  CHECK(std::filesystem::is_empty(server.scratch()));
}

}  // namespace
}  // namespace end_to_end
