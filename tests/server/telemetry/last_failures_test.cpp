#include "server/telemetry/last_failures.h"

#include <doctest/doctest.h>

#include "server/telemetry/words.h"

namespace telemetry {
namespace {

process::Outcome crash(std::string detail, std::string err) {
  return {process::Failure{process::Reason::crashed, std::move(detail), 11, {}}, {}, std::move(err)};
}

TEST_CASE("the newest failures are kept, with so much of each") {
  LastFailures failures;
  for (int i = 0; i < 30; ++i) failures.add(std::to_string(i), "primes", crash("it died", "why\n"));
  failures.add("last", "primes", crash(std::string(9000, 'd'), std::string(9000, 'e') + "\nthe end\n"));
  const auto json = failures.json({});
  REQUIRE(json.size() == LastFailures::kKept);
  CHECK(json.at(0).at("id") == "last");
  CHECK(json.at(0).at("task") == "primes");
  CHECK(json.at(0).at("reason") == "crashed");
  CHECK(json.at(0).at("detail").get<std::string>().size() < LastFailures::kBytes + 4);
  CHECK(json.at(0).at("stderr") == "the end");
  CHECK(json.at(1).at("id") == "29");
  CHECK(json.at(1).at("detail") == "it died");
  CHECK(json.at(1).at("stderr") == "why");
}

TEST_CASE("who may see one job's failure is not told what the others' said") {
  LastFailures failures;
  failures.add("mine", "primes", crash("mine died", "mine"));
  failures.add("other", "primes", crash("other died", "secret"));
  const auto json = failures.json("mine");
  CHECK(json.at(1).at("stderr") == "mine");
  for (const auto* member : {"id", "detail", "stderr"}) CHECK(json.at(0).at(member).is_null());
  CHECK(json.at(0).at("reason") == "crashed");
}

TEST_CASE("a task's own error says what it said") {
  LastFailures failures;
  failures.add("id", "primes", {process::TaskError{-32000, "no such file", {}}, {}, ""});
  CHECK(failures.json({}).at(0).at("reason") == "task_failed");
  CHECK(failures.json({}).at(0).at("detail") == "no such file");
  CHECK(failures.json({}).at(0).at("stderr").is_null());
}

TEST_CASE("of the words for outcomes those are failures that somebody should look at") {
  for (const auto* fine : {"ok", "invalid_params", "client_gone", "queue_full", "queue_timeout", "draining"})
    CHECK_FALSE(is_failed(fine));
  for (const auto* failed : {"task_failed", "crashed", "cannot_spawn", "deadline_exceeded", "memory_limit"})
    CHECK(is_failed(failed));
}

}  // namespace
}  // namespace telemetry
