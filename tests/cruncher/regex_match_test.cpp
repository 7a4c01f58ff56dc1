#include <doctest/doctest.h>

#include <string>

#include "tests/cruncher/task_call.h"

namespace {

using cruncher_test::error_of;
using cruncher_test::result_of;
using ipc::Json;

// The matches as "start-end" in one line.
std::string spans(const std::string& pattern, const std::string& text, const std::string& flags = "") {
  std::string line;
  const Json result = result_of("regex_match", {{"pattern", pattern}, {"text", text}, {"flags", flags}});
  for (const Json& match : result.at("matches")) {
    line += (line.empty() ? "" : " ") + match.at("start").dump() + "-" + match.at("end").dump();
    const auto start = match.at("start").get<std::size_t>();
    CHECK(match.at("text") == text.substr(start, match.at("end").get<std::size_t>() - start));
  }
  return line;
}

TEST_CASE("regex_match gives the whole match, numbered and named groups, with offsets in bytes") {
  const Json result = result_of(
      "regex_match", {{"pattern", R"((?<year>\d{4})-(\d\d)(-\d\d)?)"}, {"text", "ä 2024-11, 1999-12-31"}});
  CHECK(result == Json::parse(R"({"more": false, "matches": [
    {"text": "2024-11", "start": 3, "end": 10,
     "groups": [{"text": "2024", "start": 3, "end": 7}, {"text": "11", "start": 8, "end": 10}, null],
     "named": {"year": {"text": "2024", "start": 3, "end": 7}}},
    {"text": "1999-12-31", "start": 12, "end": 22,
     "groups": [{"text": "1999", "start": 12, "end": 16}, {"text": "12", "start": 17, "end": 19},
                {"text": "-31", "start": 19, "end": 22}],
     "named": {"year": {"text": "1999", "start": 12, "end": 16}}}]})"));
}

TEST_CASE("the semantics are PCRE2's: lookaround, backreferences, recursion, possessive quantifiers") {
  CHECK(spans(R"((?<=a)b)", "ab cb ab") == "1-2 7-8");
  CHECK(spans(R"((\w)\1)", "aabbc") == "0-2 2-4");
  CHECK(spans(R"(\((?:[^()]++|(?R))*\))", "x(a(b)c)") == "1-8");
  CHECK(spans("a++a", "aaa") == "");
  CHECK(spans(R"(.)", "ä€😀") == "0-2 2-5 5-9");
}

TEST_CASE("empty matches are found once each, between characters and not inside them") {
  CHECK(spans("", "äb") == "0-0 2-2 3-3");
  CHECK(spans("x*", "axb") == "0-0 1-2 2-2 3-3");
  CHECK(spans("$", "a\n") == "1-1 2-2");
  CHECK(spans(R"(a\Kb?)", "aab") == "1-1 2-3");
}

TEST_CASE("flags change how a pattern is read, and unknown ones are refused at their place") {
  CHECK(spans("A.b", "a\nB", "is") == "0-3");
  CHECK(spans("^b", "a\nb", "m") == "2-3");
  CHECK(spans("a b # c", "ab", "x") == "0-2");
  CHECK(spans("a+", "aa", "U") == "0-1 1-2");
  const auto error = error_of("regex_match", {{"pattern", "a"}, {"text", "a"}, {"flags", "iz"}});
  CHECK(error.code == -32602);
  CHECK(error.data.at("errors")[0].at("pointer") == "/flags");
}

TEST_CASE("a bad pattern is an error of the params, in PCRE2's words and with its place") {
  const auto error = error_of("regex_match", {{"pattern", "a(b"}, {"text", "x"}});
  CHECK(error.code == -32602);
  CHECK(error.data.at("errors")[0].at("pointer") == "/pattern");
  const std::string message = error.data.at("errors")[0].at("message");
  CHECK(message == "is no PCRE2 pattern: missing closing parenthesis at byte 3");
  CHECK(error_of("regex_match", {{"pattern", R"(\C)"}, {"text", "x"}}).code == -32602);
}

TEST_CASE("names that groups share read as the one that took part") {
  const Json result = result_of("regex_match", {{"pattern", "(?J)(?<n>a)|(?<n>b)"}, {"text", "b"}});
  CHECK(result.at("matches")[0].at("named").at("n").at("text") == "b");
}

TEST_CASE("after max_matches there may be more") {
  const Json params{{"pattern", "a"}, {"text", "aaa"}, {"max_matches", 2}};
  CHECK(result_of("regex_match", params).at("matches").size() == 2);
  CHECK(result_of("regex_match", params).at("more") == true);
  CHECK(result_of("regex_match", {{"pattern", "a"}, {"text", "aa"}, {"max_matches", 2}}).at("more") == false);
}

TEST_CASE("a pattern may backtrack beyond the limit that PCRE2 has by default") {
  // 2^24 ways to divide the text up, where the default is ten million steps.
  CHECK(spans("^(a+)+$", std::string(24, 'a') + "b") == "");
}

TEST_CASE("what a match may take of memory is bounded, and told") {
  const auto error =
      error_of("regex_match", {{"pattern", "^(?:a|(b))*$"}, {"text", std::string(4'000'000, 'a')}});
  CHECK(error.code == -32000);
  CHECK(error.message.find("heap limit") != std::string::npos);
}

}  // namespace
