#include "cruncher/options.h"

#include <doctest/doctest.h>

#include <vector>

namespace {

using cruncher::Options;
using cruncher::UsageError;
using ipc::Json;

const Json kSchema = Json::parse(R"({"properties": {
  "limit": {"type": "integer"}, "memory_kib": {"type": "integer"}, "text": {"type": "string"},
  "deep": {"type": "boolean"}, "list": {"type": "array"}, "scale": {"type": "number"}}})");

std::variant<Options, UsageError> parse(std::vector<std::string> words) {
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  return cruncher::parse_options(kSchema, pointers);
}

Json params_of(std::vector<std::string> words) {
  auto options = parse(std::move(words));
  REQUIRE_MESSAGE(std::holds_alternative<Options>(options), std::get<UsageError>(options).message);
  return std::get<Options>(options).params;
}

std::string error_of(std::vector<std::string> words) {
  auto options = parse(std::move(words));
  REQUIRE(std::holds_alternative<UsageError>(options));
  return std::get<UsageError>(options).message;
}

TEST_CASE("words become values of the schema's type") {
  CHECK(params_of({}) == Json::object());
  CHECK(params_of({"--limit", "5", "--memory_kib=6"}) == Json{{"limit", 5}, {"memory_kib", 6}});
  CHECK(params_of({"--memory-kib", "6"}) == Json{{"memory_kib", 6}});
  CHECK(params_of({"--scale", "-1e-3"}) == Json{{"scale", -1e-3}});
  CHECK(params_of({"--text", "5"}) == Json{{"text", "5"}});
  CHECK(params_of({"--text="}) == Json{{"text", ""}});
  CHECK(params_of({"--text=a=b"}) == Json{{"text", "a=b"}});
  CHECK(params_of({"--deep", "--limit", "1"}) == Json{{"deep", true}, {"limit", 1}});
  CHECK(params_of({"--deep=false"}) == Json{{"deep", false}});
  CHECK(params_of({"--list", "[1,2]"}) == Json{{"list", {1, 2}}});
}

TEST_CASE("a word that is no number stays text, for the schema to refuse by its own words") {
  CHECK(params_of({"--limit", "many"}) == Json{{"limit", "many"}});
  CHECK(params_of({"--limit", "5 6"}) == Json{{"limit", "5 6"}});
}

TEST_CASE("wrong usage is told in a sentence that names the option") {
  CHECK(error_of({"--lim", "5"}) == "there is no option --lim");
  CHECK(error_of({"--limit"}) == "--limit needs a value");
  CHECK(error_of({"limit"}) == "\"limit\" is no option");
  CHECK(error_of({"--text", "\xff"}) == "--text must be UTF-8");
  CHECK(error_of({"--params", "{}"}).find("--params") == 0);
}

TEST_CASE("help, output and params from stdin are told apart from params") {
  const auto options = std::get<Options>(parse({"-h", "--output", "x.png", "--params", "-"}));
  CHECK(options.help);
  CHECK(options.output == "x.png");
  CHECK(options.params_from_stdin);
  CHECK(options.params.empty());
}

}  // namespace
