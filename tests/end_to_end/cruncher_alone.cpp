// The cruncher without a server: one JSON-RPC line on stdin, one line and an empty one on stdout.

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/harness/command.h"

namespace end_to_end {
namespace {

using harness::CommandResult;
using Json = nlohmann::json;

CommandResult ask(const std::string& input) {
  return harness::run_command({CRUNCHER_PATH}, input, std::chrono::seconds(60));
}

TEST_CASE("one request gets one line with its result") {
  const auto result =
      ask("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"primes\",\"params\":{\"limit\":1000000}}\n");
  CHECK(result.exit_code == 0);
  REQUIRE(result.out.ends_with("}\n\n"));
  const auto end = result.out.size() - 2;
  const auto before = result.out.rfind('\n', end - 1);  // a line of progress
  const auto answer = Json::parse(result.out.substr(before == std::string::npos ? 0 : before + 1, end));
  CHECK(answer.at("id") == 1);
  CHECK(answer.at("result").at("count") == 78'498);
}

TEST_CASE("what is wrong with a request is answered with its JSON-RPC error") {
  const struct {
    std::string text;
    int code;
  } requests[] = {{R"({"jsonrpc":"2.0","id":7,"method":"no_such_task"})", -32601},
                  {R"({"jsonrpc":"2.0","id":7,"method":"primes","params":{"limit":"x"}})", -32602},
                  {R"({"jsonrpc":"2.0","id":7,"method":"primes","params":{}})", -32602},
                  {R"({"jsonrpc":"1.0","id":7,"method":"primes"})", -32600},
                  {R"({"id":7,"method":42})", -32600},
                  {R"({"jsonrpc":"2.0","id":7,)", -32700},
                  {"\xff\xfe", -32700},
                  {"", -32700},
                  {std::string(100'000, '['), -32700}};
  for (const auto& request : requests) {
    CAPTURE(request.text.substr(0, 100));
    const auto result = ask(request.text + "\n");
    const auto answer = Json::parse(result.out, nullptr, false);
    REQUIRE_FALSE(answer.is_discarded());
    CHECK(answer.at("error").at("code") == request.code);
    CHECK_FALSE(answer.at("error").at("message").get<std::string>().empty());
  }
}

TEST_CASE("a line of a hundred megabytes ends in a clear answer, not in a crash") {
  const auto result = ask(std::string(100'000'000, 'x') + "\n");
  CHECK(result.exit_code < 128);
  CHECK_FALSE((result.out + result.err).empty());
  if (!result.out.empty()) CHECK(Json::parse(result.out).at("error").at("code").get<int>() <= -32600);
}

TEST_CASE("no request at all is no error to crash on") {
  CHECK(harness::run_command({CRUNCHER_PATH}).exit_code < 128);
}

}  // namespace
}  // namespace end_to_end
