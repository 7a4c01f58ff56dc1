#include "cruncher/service.h"

#include <doctest/doctest.h>

#include "cruncher/catalogue.h"
#include "ipc/message.h"

namespace {

using ipc::Json;

Json answer_to(const std::string& line) {
  cruncher::NoProgress progress;
  const auto answer = cruncher::answer_to(line, progress);
  REQUIRE(answer.back() == '\n');
  REQUIRE(answer.find('\n') == answer.size() - 1);
  return Json::parse(answer);
}

Json answer_to(const std::string& method, const Json& params) {
  return answer_to(ipc::print_request({Json("id"), method, params}));
}

TEST_CASE("a request is answered with its result and its id") {
  auto answer = answer_to("primes", {{"limit", 100}});
  const auto usage = answer.at("usage");
  CHECK(usage.at("cpu_ms") >= 0);
  CHECK(usage.at("max_rss_kib") > 500);
  answer.erase("usage");
  CHECK(answer == Json::parse(R"({"jsonrpc":"2.0","id":"id","result":{"count":25}})"));
}

TEST_CASE("rpc.discover answers with the document that describes the tasks") {
  CHECK(answer_to("rpc.discover", Json::object()).at("result") == cruncher::describe_tasks());
}

TEST_CASE("an unknown task is named, and so are the known ones") {
  const Json error = answer_to("no_such\ntask", Json::object()).at("error");
  CHECK(error.at("code") == -32601);
  const auto message = error.at("message").get<std::string>();
  CHECK(message.find("no_such") != std::string::npos);
  CHECK(message.find("primes") != std::string::npos);
}

TEST_CASE("params are checked again, whoever sent them") {
  const Json error = answer_to("primes", {{"limit", 10'000'000'001}}).at("error");
  CHECK(error.at("code") == -32602);
  CHECK(error.at("data").at("errors") ==
        Json::parse(R"([{"pointer":"/limit","message":"must be at most 10000000000, but is 10000000001"}])"));
  const auto burnt = answer_to("spin", {{"CPUTimeMs", 50}}).at("usage").at("cpu_ms").get<double>();
  CHECK(burnt > 30);
  CHECK(burnt < 100);
  CHECK(answer_to("spin", {{"CPUTimeMs", 600'001}}).at("error").at("code") == -32602);
  CHECK(answer_to("spin", Json::object()).at("error").at("code") == -32602);
  CHECK(answer_to("hash_password", {{"password", "x"}, {"salt", "y"}}).at("error").at("code") == -32602);
}

TEST_CASE("a line that is no request is answered all the same, a notification is not") {
  CHECK(answer_to("").at("error").at("code") == -32700);
  CHECK(answer_to("{").at("error").at("code") == -32700);
  CHECK(answer_to("[1]").at("error").at("code") == -32600);
  cruncher::NoProgress progress;
  CHECK(cruncher::answer_to(R"({"jsonrpc":"2.0","method":"primes","params":{"limit":5}})", progress) == "");
}

}  // namespace
