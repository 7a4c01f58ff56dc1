// Commands whose configuration is wrong: refused at the start, with the place and what to write.

#include <doctest/doctest.h>

#include "tests/end_to_end/job.h"
#include "tests/harness/command.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

TEST_CASE("a mistake in a command's section is refused at start with file, line and column") {
  const harness::TemporaryDirectory directory;
  const struct {
    const char* lines;
    const char* place;
    const char* says;
  } mistakes[] = {
      {"exec = \"convvert -\"", ":2:", "no program 'convvert'"},
      {"exec = \"\"", ":2:", "names no program"},
      {"exec = \"cat 'x\"", ":2:", "has no other end"},
      {"exec = \"sort | uniq -c\"", ":2:", "no shell runs it: write sh -c"},
      {"exec = [\"cat\", \"{widht}\"]\nparams.width = {}", ":2:", "{widht} is no param"},
      {"exec = [\"cat\", \"{in}\"]", ":2:", "needs in = \"NAME\""},
      {"exec = \"cat\"\nin = \"a/b\"", ":3:", "without '/'"},
      {"exec = \"cat\"\nin = \"a\"\nout = \"a\"", ":4:", "the same file"},
      {"exec = \"cat\"\naccepts = [\"image\"]", ":3:", "\"image/*\""},
      {"exec = \"cat\"\nanswers = \"png\"", ":3:", "\"image/png\""},
      {"exec = \"cat\"\nexit = { 1 = 200 }", ":3:", "from 400 to 599"},
      {"exec = \"cat\"\nexit = { x = 422 }", ":3:", "exit code from 1 to 255"},
      {"exec = \"cat\"\nparams.x = { type = \"array\" }", ":3:", "string, integer, number or boolean"},
      {"exec = \"cat\"\nparams.x = { pattern = \"a\" }", ":3:", "pattern is not checked"},
      {"exec = \"cat\"\nparams.x = { type = \"integer\", default = \"a\" }",
       ":3:", R"(default "a" does not fit {"default":"a","type":"integer"})"},
      {"exec = \"cat\"\nparams.in = {}", ":3:", "not in, out or dir"},
      {"exec = \"cat\"\nparams.a-b = {}\nparams.a_b = {}", ":3:", "PARAM_A_B"},
      {"exec = \"cat\"\nstream = true\nout = \"a\"", ":3:", "cannot be with out"},
      {"exec = \"cat\"\nconfine = \"maybe\"", ":3:", "on|off|required"},
      {"exec = \"cat\"\nacepts = []", ":3:", "did you mean 'accepts'"},
      {"exec = \"cat\"\nparam.x = {}", ":3:", "did you mean 'params'"},
      {"exec = \"cat\"\nrunning = 0", ":3:", "from 1 to 4096"},
      {"exec = \"cat\"\nspares = 1\nparams.x = {}", ":3:", "cannot be with params"},
      {"exec = \"cat\"\nin = 3", ":3:", "in: 3 must be a text"},
      {"exec = \"cat\"\nread = [\"/no/such/folder\"]", ":3:", "'/no/such/folder' is not there"},
      {"exec = \"cat\"\nwrite = [\"here\"]", ":3:", "must be an absolute path"},
      {"exec = \"cat\"\nenv = [\"A B=c\"]", ":3:", "'A B=c' must be NAME=VALUE"},
      {"exec = \"cat\"\nenv = [\"=x\"]", ":3:", "'=x' must be NAME=VALUE"},
      {"exec = \"cat {in}\"\nspares = 1\nin = \"a\"", ":3:", "cannot be with in"},
  };
  for (const auto& mistake : mistakes) {
    CAPTURE(mistake.lines);
    const auto file = directory.write("c.toml", std::string("[task.x]\n") + mistake.lines + "\n");
    const auto result = harness::run_command({harness::cruncherd_path(), "--port", "0", "--config", file});
    CHECK(result.exit_code == 2);
    CAPTURE(result.err);
    CHECK(result.err.find(file + mistake.place) != std::string::npos);
    CHECK(result.err.find(mistake.says) != std::string::npos);
  }
}

TEST_CASE("a name given twice is refused, whoever else has it") {
  const auto start = [](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {harness::cruncherd_path(), "--port", "0"});
    return harness::run_command(flags);
  };
  const auto twice = start({"--exec", "a=cat", "--exec", "a=wc"});
  CHECK(twice.exit_code == 2);
  CHECK(twice.err.find("--exec a") != std::string::npos);
  const auto crunchers = start({"--exec", "primes=cat"});
  CHECK(crunchers.exit_code == 2);
  CHECK(crunchers.err.find("the cruncher offers") != std::string::npos);
  for (const auto* wrong : {"cat", "=cat", "a=", "a b=cat", "a=cat {x}"}) {
    CAPTURE(wrong);
    const auto result = start({"--exec", wrong});
    CHECK(result.exit_code == 2);
    CHECK(result.err.find("--exec") != std::string::npos);
  }
}

}  // namespace
}  // namespace end_to_end
