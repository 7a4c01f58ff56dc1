// The example of ipc/PROTOCOL.md, exactly as it stands there, in the cruncher's place.

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tests/end_to_end/job.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

std::string example_in(const std::string& path) {
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::string fence = "```python\n";
  const auto start = text.find(fence);
  REQUIRE(start != std::string::npos);
  return text.substr(start + fence.size(), text.find("```", start + fence.size()) - start - fence.size());
}

TEST_CASE("a Python program written from the protocol's description takes the cruncher's place") {
  const std::string example = example_in(PROTOCOL_PATH);
  CHECK(std::count(example.begin(), example.end(), '\n') <= 40);
  const harness::TemporaryDirectory directory;
  const RunningServer server(
      {"--cruncher", directory.write("example", example, true), "--priority", "normal"});
  const auto answer = run_job(server, "count_words", {{"text", "to be or not"}});
  REQUIRE(outcome_of(answer) == "200");
  CHECK(answer.response.json().at("result") == Json({{"words", 4}, {"characters", 12}}));
  CHECK(outcome_of(run_job(server, "count_words", {{"text", 1}})) == "422 invalid_params");
  CHECK(outcome_of(run_job(server, "primes", {{"limit", 1}})) == "404 unknown_task");
}

}  // namespace
}  // namespace end_to_end
