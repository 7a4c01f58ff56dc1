#include "server/process/find_program.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "server/process/environment.h"
#include "server/process/quote.h"
#include "tests/harness/temporary_directory.h"

namespace process {
namespace {

std::string script(const harness::TemporaryDirectory& directory, const std::string& text) {
  const auto path = (directory.path() / "a-cruncher-of-a-test").string();
  std::ofstream(path) << text;
  ::chmod(path.c_str(), 0755);
  return path;
}

TEST_CASE("a name is looked up in PATH, a path is left alone") {
  const harness::TemporaryDirectory directory;
  const auto path = script(directory, "#!/bin/sh\n");
  const std::string before = std::getenv("PATH");
  ::setenv("PATH", (before + ":" + directory.path().string()).c_str(), 1);
  CHECK(find_program("a-cruncher-of-a-test") == path);
  CHECK(find_program("./a-cruncher-of-a-test") == "./a-cruncher-of-a-test");
  ::setenv("PATH", before.c_str(), 1);
  CHECK(find_program("a-cruncher-of-a-test") == "a-cruncher-of-a-test");
}

TEST_CASE("what is wrong with a script's first line is named") {
  const harness::TemporaryDirectory directory;
  CHECK(fault_of_script(script(directory, "#!/bin/sh\r\necho\r\n")).find("\\r\\n") != std::string::npos);
  CHECK(fault_of_script(script(directory, "#! /no/such/python\n")).find("'/no/such/python'") !=
        std::string::npos);
  CHECK(fault_of_script(script(directory, "#!/bin/sh -e\n")).empty());
  CHECK(fault_of_script(script(directory,
                               "\x7f"
                               "ELF"))
            .empty());
}

TEST_CASE("a variable is set by its value, or gets this process's own") {
  std::vector<std::string> environment{"A=1", "AB=2"};
  set_variable(environment, "A=x=y");
  CHECK(environment == std::vector<std::string>{"AB=2", "A=x=y"});
  ::setenv("CRUNCHER_OF_A_TEST", "own", 1);
  set_variable(environment, "CRUNCHER_OF_A_TEST");
  CHECK(environment.back() == "CRUNCHER_OF_A_TEST=own");
  set_variable(environment, "NOBODY_HAS_SET_THIS");
  CHECK(environment.size() == 3);
}

TEST_CASE("what a process has written is quoted, whatever it is, and not without a bound") {
  CHECK(quote("a\"b\xff") == "\"a\\\"b\xef\xbf\xbd\"");
  CHECK(quote(std::string(201, 'x')) == "\"" + std::string(200, 'x') + "\"…");
  CHECK(last_lines(" \n") == "");
  CHECK(last_lines("why\n") == "\"why\"");
  CHECK(last_lines(std::string(600, 'x') + "\nthe end\n") == "\"the end\"");
}

}  // namespace
}  // namespace process
