// What a task may have of its own in [task.NAME]: variables, and a launcher. Of a cruncher's tasks and of
// commands.

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "tests/end_to_end/job.h"
#include "tests/harness/command.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

using harness::TemporaryDirectory;

// Tells that it was there, and where to end; passes all else on.
constexpr auto kLauncher = R"(#!/bin/bash
echo "$@" >>"$LAUNCHES"
trap 'echo TERM >>"$LAUNCHES"; kill -KILL $child; wait; exit 143' TERM
"$@" <&0 &
child=$!
wait $child
)";

struct Setting {
  TemporaryDirectory directory;
  std::string launcher = directory.write("launcher", kLauncher, true);
  std::string launches = directory.path() / "launches";

  std::vector<std::string> flags(const std::string& configuration, std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--config", directory.write("c.toml", configuration)});
    return more;
  }
  // The lines of a section that has the launcher.
  std::string launched(const std::string& task, const std::string& lines) const {
    return "[task." + task + "]\nlauncher = \"" + launcher + "\"\nenv = [\"LAUNCHES=" + launches + "\"]\n" +
           lines + "\n";
  }
  std::string told() const {
    std::ifstream file(launches);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

std::vector<std::string> environment_of(const Answer& answer) {
  return answer.response.json().at("result").at("environment").get<std::vector<std::string>>();
}

bool has(const std::vector<std::string>& variables, const std::string& variable) {
  return std::find(variables.begin(), variables.end(), variable) != variables.end();
}

TEST_CASE("a task of a cruncher has variables of its own, and others do not see them") {
  Setting setting;
  const UnrulyServer server(setting.flags("env = [\"OF_ALL=1\"]\n[task.look_around]\nenv = [\"OWN=a b\"]\n"));
  const auto own = environment_of(run_job(server, "look_around"));
  CHECK(has(own, "OF_ALL=1"));
  CHECK(has(own, "OWN=a b"));
  CHECK(works(server));
  // The spares are the others'.
  for (const auto& child : harness::children_of(server.pid())) {
    std::ifstream file("/proc/" + std::to_string(child.pid) + "/environ");
    const std::string all{std::istreambuf_iterator<char>(file), {}};
    CHECK(all.find("OWN=") == std::string::npos);
  }
}

TEST_CASE("a task of a cruncher has a launcher of its own, which ends it") {
  Setting setting;
  const UnrulyServer server(
      setting.flags(setting.launched("look_around", "") + setting.launched("sleep", "timeout = \"300ms\"")));
  CHECK(outcome_of(run_job(server, "echo")) == "200");
  CHECK(setting.told() == "");
  const auto answer = run_job(server, "look_around");
  CHECK(outcome_of(answer) == "200");
  CHECK(setting.told().find(UNRULY_PATH) != std::string::npos);
  CHECK(setting.told().find("TERM") == std::string::npos);
  CHECK(outcome_of(run_job(server, "sleep", {{"ms", 20'000}})) == "504 deadline_exceeded");
  CHECK(eventually(seconds(5), [&] { return setting.told().find("TERM") != std::string::npos; }));
  CHECK(has_no_children(server, seconds(5)));
}

TEST_CASE("a command has a launcher of its own: its words in front, no limits, ended by TERM") {
  Setting setting;
  const UnrulyServer server(setting.flags(
      setting.launched("limits", "exec = [\"sh\", \"-c\", \"ulimit -d; ulimit -n\"]\nopen_files = 77") +
      setting.launched("rest", "exec = \"sleep 20\"\ntimeout = \"300ms\"") +
      setting.launched("dies", "exec = [\"sh\", \"-c\", \"exit 137\"]")));
  HttpClient client(server.port());
  const auto limits = client.request("POST", "/tasks/limits", {}, "");
  CHECK(limits.status == 200);
  CHECK(limits.body == "unlimited\n77\n");
  CHECK(setting.told().find("sh -c") != std::string::npos);
  CHECK(client.request("POST", "/tasks/rest", {}, "").status == 504);
  CHECK(eventually(seconds(5), [&] { return setting.told().find("TERM") != std::string::npos; }));
  const auto died = client.request("POST", "/tasks/dies", {}, "");
  CHECK(died.status == 502);
  CHECK(died.json().at("signal").get<std::string>().starts_with("SIGKILL"));
  CHECK(has_no_children(server, seconds(5)));
}

TEST_CASE("a launcher that is none is refused at the start, by its place") {
  Setting setting;
  const auto start = [&](const std::string& section, std::vector<std::string> more = {}) {
    auto words = setting.flags(section, std::move(more));
    words.insert(words.begin(), {harness::cruncherd_path(), "--port", "0"});
    const auto result = harness::run_command(words);
    CHECK(result.exit_code == 2);
    return result.err;
  };
  CHECK(start("[task.primes]\nlauncher = \"/nowhere/srun -n1\"\n")
            .find("[task.primes]: launcher '/nowhere/srun'") != std::string::npos);
  CHECK(start("[task.a]\nexec = \"cat\"\nlauncher = \"/nowhere/srun -n1\"\n").find("/nowhere/srun") !=
        std::string::npos);
  CHECK(start("[task.primes]\nlauncher = \"nice\"\n", {"--start", "fork"}).find("--start fork") !=
        std::string::npos);
}

}  // namespace
}  // namespace end_to_end
