// The program as a person uses it.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/harness/command.h"
#include "tests/harness/started_process.h"
#include "tests/harness/temporary_directory.h"

namespace {

using harness::CommandResult;
using Json = nlohmann::json;

CommandResult cruncher(std::vector<std::string> arguments, std::string_view input = "") {
  arguments.insert(arguments.begin(), CRUNCHER_PATH);
  return harness::run_command(arguments, input);
}

std::string file_at(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a task's result is one line of JSON on stdout, and nothing is on stderr") {
  const auto result = cruncher({"primes", "--limit", "1000000"});
  CHECK(result.exit_code == 0);
  CHECK(result.out == "{\"count\":78498}\n");
  CHECK(result.err == "");
}

TEST_CASE("the primes up to a thousand million are counted") {
  CHECK(cruncher({"primes", "--limit=1000000000"}).out == "{\"count\":50847534}\n");
}

TEST_CASE("wrong usage and wrong params exit with 2 and name the option and the limit") {
  const std::pair<std::vector<std::string>, std::string> wrong[] = {
      {{"primes"}, "cruncher: --limit is required\n"},
      {{"primes", "--limit", "x"}, "cruncher: --limit must be an integer, but is \"x\"\n"},
      {{"primes", "--limit", "10000000001"},
       "cruncher: --limit must be at most 10000000000, but is 10000000001\n"},
      {{"primes", "--limit"}, "cruncher: --limit needs a value; see cruncher primes --help\n"},
      {{"primes", "--max", "5"}, "cruncher: there is no option --max; see cruncher primes --help\n"},
      {{"primes", "--output", "x"}, "cruncher: primes has no --output\n"},
      {{"prime"},
       "cruncher: there is no task \"prime\"; there are spin, primes, hash_password, mandelbrot, "
       "regex_match\n"},
      {{"--wat"}, "cruncher: there is no option --wat; see cruncher --help\n"},
      {{""},
       "cruncher: there is no task \"\"; there are spin, primes, hash_password, mandelbrot, regex_match\n"},
      {{"regex_match", "--pattern", "(", "--text", "x"},
       "cruncher: --pattern is no PCRE2 pattern: missing closing parenthesis at byte 1\n"}};
  for (const auto& [arguments, message] : wrong) {
    const auto result = cruncher(arguments);
    CHECK(result.exit_code == 2);
    CHECK(result.err == message);
    CHECK(result.out == "");
  }
}

TEST_CASE("a stdout that takes nothing is told, and exits with 1") {
  for (const char* redirection : {">/dev/full", ">&-"}) {
    CAPTURE(redirection);
    const auto script = std::string("exec \"$@\" ") + redirection;
    const auto result =
        harness::run_command({"/bin/sh", "-c", script, "sh", CRUNCHER_PATH, "primes", "--limit", "10"});
    CHECK(result.exit_code == 1);
    CHECK(result.err.starts_with("cruncher: cannot write to stdout: "));
  }
}

TEST_CASE("a task that fails exits with 1") {
  const std::string params = Json{{"pattern", "^(?:a|(b))*$"}, {"text", std::string(4'000'000, 'a')}}.dump();
  const auto result = cruncher({"regex_match", "--params", "-"}, params);
  CHECK(result.exit_code == 1);
  CHECK(contains(result.err, "heap limit"));
  CHECK(result.out == "");
}

TEST_CASE("params from stdin are as good as options, and options go before them") {
  CHECK(cruncher({"primes", "--params", "-"}, R"({"limit": 100})").out == "{\"count\":25}\n");
  CHECK(cruncher({"primes", "--params", "-", "--limit", "10"}, R"({"limit": 100})").out == "{\"count\":4}\n");
  const auto result = cruncher({"primes", "--params", "-"}, R"({"limit": 100)");
  CHECK(result.exit_code == 2);
  CHECK(contains(result.err, "stdin is no JSON"));
  CHECK(cruncher({"primes", "--params", "-"}, "[]").exit_code == 2);
}

TEST_CASE("help, list and version are made of the tasks themselves") {
  const auto help = cruncher({"--help"});
  CHECK(help.exit_code == 0);
  CHECK(contains(help.out, "--sandbox-report"));
  const auto list = cruncher({"--list"}).out;
  for (const char* task : {"spin", "primes", "hash_password", "mandelbrot", "regex_match"}) {
    CHECK(contains(help.out, task));
    CHECK(contains(list, task));
  }
  const auto of_task = cruncher({"hash_password", "--help"});
  CHECK(of_task.exit_code == 0);
  CHECK(contains(of_task.out, "--memory_kib INTEGER"));
  CHECK(contains(of_task.out, "(at least 1, at most 16, default 2)"));
  CHECK(contains(of_task.out, "required"));
  CHECK_FALSE(contains(of_task.out, "--output"));
  CHECK(contains(cruncher({"mandelbrot", "--help"}).out, "--output FILE"));
  CHECK(cruncher({"--version"}).out.starts_with("cruncher "));
}

TEST_CASE("the description is the OpenRPC document that a server gets") {
  const auto answer = Json::parse(cruncher({}, R"({"jsonrpc":"2.0","id":1,"method":"rpc.discover"})").out);
  CHECK(Json::parse(cruncher({"--describe"}).out) == answer.at("result"));
}

TEST_CASE("a picture goes to the file that was asked for") {
  const harness::TemporaryDirectory directory;
  const std::string path = directory.path() / "m.png";
  directory.write("m.png", std::string(100'000, 'x'));  // a longer old file must not show through
  const auto result = cruncher({"mandelbrot", "--width", "20", "--height", "10", "--output", path});
  CHECK(result.exit_code == 0);
  CHECK(result.out == "{\"height\":10,\"width\":20}\n");
  const auto png = file_at(path);
  CHECK(png.starts_with("\x89PNG\r\n\x1a\n"));
  CHECK(png.ends_with(std::string_view("IEND\xAE\x42\x60\x82", 8)));
  CHECK(cruncher({"mandelbrot", "--output", directory.path() / "no/such/m.png"}).exit_code == 2);
}

TEST_CASE("a picture's file holds the picture alone, whichever standard descriptors are closed") {
  const harness::TemporaryDirectory directory;
  const auto draw = [&](const std::string& name, const std::string& redirections) {
    const std::string path = directory.path() / name;
    const auto script = "exec \"$@\" " + redirections;
    const auto result = harness::run_command({"/bin/sh", "-c", script, "sh", CRUNCHER_PATH, "mandelbrot",
                                              "--width", "8", "--height", "8", "--output", path});
    return std::pair(result.exit_code, file_at(path));
  };
  const auto [code, picture] = draw("open.png", "");
  CHECK(code == 0);
  for (const char* redirections : {"<&-", "2>&-", "<&- 2>&-"}) {
    CAPTURE(redirections);
    CHECK(draw("closed.png", redirections) == std::pair(0, picture));
  }
  for (const char* redirections : {">&-", "<&- >&-", "<&- >&- 2>&-"}) {
    CAPTURE(redirections);
    CHECK(draw("closed.png", redirections) == std::pair(1, picture));  // the JSON had no place to go
  }
}

TEST_CASE("wrong params leave the output file as it was, and make no new one") {
  const harness::TemporaryDirectory directory;
  const auto old = directory.write("old.png", "old");
  CHECK(cruncher({"mandelbrot", "--width", "0", "--output", old}).exit_code == 2);
  CHECK(file_at(old) == "old");
  const auto fresh = directory.path() / "new.png";
  const std::pair<std::vector<std::string>, std::string> wrong[] = {
      {{"--width", "0"}, ""}, {{"--params", "-"}, R"({"width": 0})"}, {{"--params", "-"}, "no JSON"}};
  for (const auto& [options, input] : wrong) {
    std::vector<std::string> arguments{"mandelbrot", "--output", fresh};
    arguments.insert(arguments.end(), options.begin(), options.end());
    CHECK(cruncher(arguments, input).exit_code == 2);
    CHECK_FALSE(std::filesystem::exists(fresh));
  }
}

TEST_CASE("a progress bar is shown where stderr is a terminal, and wiped away at the end") {
  int terminal = -1, slave = -1;
  REQUIRE(openpty(&terminal, &slave, nullptr, nullptr, nullptr) == 0);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  harness::StartedProcess process({{CRUNCHER_PATH, "spin", "--CPUTimeMs", "400"}, null, null, slave});
  close(slave);
  close(null);
  std::string shown;
  char bytes[4096];
  for (ssize_t count; (count = read(terminal, bytes, sizeof bytes)) > 0;)
    shown.append(bytes, static_cast<std::size_t>(count));
  close(terminal);
  CHECK(process.wait_for_end(std::chrono::seconds(20)) == 0);
  CHECK(contains(shown, "\r[#"));
  CHECK(contains(shown, " %"));
  CHECK(shown.ends_with("\r\x1b[K"));
}

TEST_CASE("the sandbox report names each protection and whether it is active") {
  const auto report = cruncher({"--sandbox-report"});
  CHECK(report.exit_code == 0);
  for (const char* layer : {"parent_death", "no_dump", "no_new_privs", "landlock", "seccomp"})
    CHECK(contains(report.out, layer));
  CHECK(contains(report.out, "seccomp       active"));
}

}  // namespace
