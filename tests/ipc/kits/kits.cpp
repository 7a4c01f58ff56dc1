// What each kit of ipc/kits promises, by the same tasks in each language: tests/ipc/kits/tasks.*. The
// environment variable KIT says which: py, mjs or sh.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "server/process/confinement.h"
#include "tests/end_to_end/job.h"
#include "tests/harness/command.h"
#include "tests/harness/process_table.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string kit() {
  const char* const name = std::getenv("KIT");
  return name ? name : "py";
}

// A program with the kit beside it, as somebody has them who has copied it.
class Program {
 public:
  explicit Program(const std::string& text) {
    directory_.write("cruncher." + kit(), text_of(std::string(KITS "/cruncher.") + kit()));
    path_ = directory_.write("mine." + kit(), text, true);
  }
  const std::string& path() const { return path_; }

  std::vector<std::string> flags(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--cruncher", path_, "--priority", "normal"});
    if (kit() == "mjs") more.insert(more.end(), {"--memory", "0"});
    return more;
  }

 private:
  harness::TemporaryDirectory directory_;
  std::string path_;
};

struct Tasks : Program {
  Tasks() : Program(text_of(std::string(TASKS "/tasks.") + kit())) {}
};

Json result_of(const Answer& answer) {
  CAPTURE(answer.response.body);
  REQUIRE(outcome_of(answer) == "200");
  return answer.response.json().at("result");
}

// The answers of one process to these lines.
std::vector<std::string> lines_of(const Program& program, const std::string& requests) {
  const auto ended = harness::run_command({program.path()}, requests, seconds(60));
  CHECK(ended.exit_code == 0);
  std::istringstream text(ended.out);
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

std::string request(const std::string& method, const std::string& params, const std::string& id = "x") {
  return R"({"jsonrpc":"2.0","id":")" + id + R"(","method":")" + method + R"(","params":)" + params + "}\n";
}

TEST_CASE("a task gets its params, with defaults where they are left out, and gives a result") {
  const Tasks tasks;
  const RunningServer server(tasks.flags());
  CHECK(result_of(run_job(server, "echo", {{"text", "a \"b\" \\ é\n"}, {"least", 3}, {"maybe", 1}})) ==
        Json({{"text", "a \"b\" \\ é\n"}, {"least", 3}, {"maybe", 1}}));
  CHECK(result_of(run_job(server, "echo", {{"text", ""}})) ==
        Json({{"text", ""}, {"least", 7}, {"maybe", nullptr}}));
}

TEST_CASE("what a task takes is known to the server, which refuses the rest") {
  const Tasks tasks;
  const RunningServer server(tasks.flags());
  CHECK(outcome_of(run_job(server, "echo")) == "422 invalid_params");
  CHECK(outcome_of(run_job(server, "echo", {{"text", 1}})) == "422 invalid_params");
  CHECK(outcome_of(run_job(server, "echo", {{"text", ""}, {"least", -1}})) == "422 invalid_params");
  CHECK(outcome_of(run_job(server, "echo", {{"text", ""}, {"other", 1}})) == "422 invalid_params");
  CHECK(outcome_of(run_job(server, "nothing_of_the_kind")) == "404 unknown_task");
  const auto offered = HttpClient(server.port()).get("/tasks").json().at("tasks");
  const auto echo = std::find_if(offered.begin(), offered.end(),
                                 [](const Json& task) { return task.at("name") == "echo"; });
  REQUIRE(echo != offered.end());
  CHECK(echo->at("summary") == "Gives back what came.");
}

TEST_CASE("params that a task finds wrong are the client's fault, all else is the task's") {
  const Tasks tasks;
  const RunningServer server(tasks.flags());
  const auto invalid = run_job(server, "fails", {{"how", "invalid"}});
  CHECK(outcome_of(invalid) == "422 invalid_params");
  CHECK(invalid.response.json().at("errors") ==
        Json::array({{{"pointer", "/how"}, {"message", "must be something else"}}}));
  const auto value = run_job(server, "fails", {{"how", "value"}});
  CHECK(outcome_of(value) == "422 invalid_params");
  CHECK(value.response.json().at("errors")[0].at("message") == "is no use");
  const auto broken = run_job(server, "fails", {{"how", "x"}});
  CHECK(outcome_of(broken) == "500 task_failed");
  CHECK(broken.response.json().at("detail").get<std::string>().find("broke down") != std::string::npos);
  CHECK(outcome_of(run_job(server, "fails", {{"how", "unsendable"}})) == "500 task_failed");
}

TEST_CASE("what a program and its children print goes to the log, not into the answer") {
  const Tasks tasks;
  const RunningServer server(tasks.flags());
  CHECK(result_of(run_job(server, "noisy")) == "quiet");
  CHECK(server.logs("stray child"));
}

TEST_CASE("a running job shows how far it is") {
  const Tasks tasks;
  const RunningServer server(tasks.flags());
  auto job = start_job(server, "half", {{"milliseconds", 2000}});
  CHECK(eventually(seconds(5), [&] {
    const auto jobs = HttpClient(server.port()).get("/status").json().at("jobs");
    return jobs.size() == 1 && jobs[0].at("progress") == 0.5;
  }));
  CHECK(result_of(job.get()) == nullptr);
}

TEST_CASE("each job has a process of its own") {
  const Tasks tasks;
  const RunningServer server(tasks.flags({"--spares", "0"}));
  CHECK(result_of(run_job(server, "process")) != result_of(run_job(server, "process")));
  CHECK(has_no_children(server));
}

TEST_CASE("a process that waits for another job is told that there is none, and ends by itself") {
  if (kit() != "py") return;  // the server does it, whatever the program is
  const harness::TemporaryDirectory directory;
  const Program program(
      "#!/usr/bin/env python3\n"
      "import atexit, pathlib, time\n"
      "from cruncher import serve, task\n"
      "@task\n"
      "def last_a_while():\n"
      "    time.sleep(0.02)\n"
      "    atexit.register(pathlib.Path('" +
      (directory.path() / "ended").string() +
      "').touch)\n"
      "serve()\n");
  const RunningServer server(program.flags());
  REQUIRE(outcome_of(run_job(server, "last_a_while")) == "200");
  CHECK(eventually(seconds(5), [&] { return std::filesystem::exists(directory.path() / "ended"); }));
}

TEST_CASE("one process does several jobs: a line, its answer, an empty line, and the next") {
  const Tasks tasks;
  const auto lines =
      lines_of(tasks, request("rpc.discover", "{}", "first") + request("process", "{}", "second") +
                          request("fails", R"({"how":"x"})", "third") + request("process", "{}", "fourth"));
  REQUIRE(lines.size() == 8);
  for (const int empty : {1, 3, 5, 7}) CHECK(lines[empty].empty());
  CHECK(Json::parse(lines[0]).at("result").at("x-jobs-per-process") == true);
  CHECK(Json::parse(lines[2]).at("id") == "second");
  CHECK(Json::parse(lines[4]).at("error").at("code") == -32000);
  CHECK(Json::parse(lines[6]).at("result") == Json::parse(lines[2]).at("result"));
  CHECK(lines_of(tasks, "").empty());
}

TEST_CASE("integers of any size come and go as they are, and the answer says what it cost") {
  if (kit() == "sh") return;  // jq's numbers are doubles, and a shell cannot tell
  const Tasks tasks;
  const auto lines =
      lines_of(tasks, request("grow", R"({"number":123456789012345678901234567890})") +
                          request("grow", R"({"number":9007199254740992})") +
                          request("echo", R"({"text":"12345678901234567890 \" 12345678901234567890"})"));
  REQUIRE(lines.size() == 6);
  CHECK(lines[0].find(R"({"next":123456789012345678901234567891})") != std::string::npos);
  CHECK(lines[2].find(R"({"next":9007199254740993})") != std::string::npos);
  CHECK(Json::parse(lines[4]).at("result").at("text") == "12345678901234567890 \" 12345678901234567890");
  const auto usage = Json::parse(lines[0]).at("usage");
  CHECK(usage.at("cpu_ms") >= 0);
  CHECK(usage.at("max_rss_kib") > 1000);
}

// The example of this kit in the page about them.
std::string example() {
  const std::map<std::string, std::string> languages{{"py", "python"}, {"mjs", "js"}, {"sh", "sh"}};
  const std::string page = text_of(KITS "/README.md");
  const std::string fence = "```" + languages.at(kit()) + "\n#!";
  const auto begin = page.find(fence);
  REQUIRE(begin != std::string::npos);
  const auto start = begin + fence.size() - 2;
  return page.substr(start, page.find("```", start) - start);
}

TEST_CASE("the example of the page works as it stands there, in at most 15 lines") {
  const auto text = example();
  CHECK(std::count(text.begin(), text.end(), '\n') <= 15);
  const Program program(text);
  const RunningServer server(program.flags());
  CHECK(result_of(run_job(server, "count_words", {{"text", "to be or not"}})) == Json({{"words", 4}}));
  CHECK(outcome_of(run_job(server, "count_words", {{"text", " "}})) == "422 invalid_params");
  CHECK(outcome_of(run_job(server, "count_words", {{"text", 1}})) == "422 invalid_params");
}

constexpr char kNeighbours[] = R"py(#!/usr/bin/env python3
import os, time
from cruncher import serve, task

@task
def wait(): time.sleep(10)

@task
def signal_neighbours():
    reached = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            parent = int(open(f"/proc/{name}/stat").read().rsplit(")", 1)[1].split()[1])
            if parent != os.getppid() or int(name) == os.getpid(): continue
            os.kill(int(name), 0)
            reached.append("reached")
        except PermissionError: reached.append("refused")
        except OSError: pass
    return reached

serve()
)py";

TEST_CASE("a job signals neither those beside it nor what has started it" *
          doctest::skip(process::landlock_version() < 6)) {
  if (kit() != "py") return;
  const Program program(kNeighbours);
  const RunningServer server(program.flags({"--running", "2"}));
  auto other = start_job(server, "wait", Json::object(), {{"Prefer", "wait=3"}});
  REQUIRE(eventually(seconds(5), [&] {
    return HttpClient(server.port()).get("/status").json().at("slots").at("running") == 1;
  }));
  const auto reached = result_of(run_job(server, "signal_neighbours"));
  CAPTURE(reached);
  CHECK(reached.size() >= 2);  // the other job, and a launcher
  for (const auto& one : reached) CHECK(one == "refused");
  CHECK(outcome_of(other.get()) == "504 deadline_exceeded");
}

}  // namespace
}  // namespace end_to_end
