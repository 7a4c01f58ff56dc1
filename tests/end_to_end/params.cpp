// Params on their way to a cruncher: what is checked beside other clients' requests, and what arrives.

#include <doctest/doctest.h>

#include "tests/end_to_end/job.h"
#include "tests/harness/command.h"
#include "tests/harness/light_route.h"
#include "tests/harness/temporary_directory.h"

namespace end_to_end {
namespace {

// One task, `line`, whose result is the request line that came. SCHEMA is that of its params.
constexpr std::string_view kCruncher = R"x(#!/usr/bin/env python3
import json, sys
line = sys.stdin.readline()
if line:
    call = json.loads(line)
    result = {"openrpc": "1.3.2", "info": {"title": "t", "version": "1"}, "methods": [
        {"name": name, "params": [], "x-params-schema": json.loads('''SCHEMA''')} for name in NAMES]}
    if call["method"] != "rpc.discover": result = line
    print(json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": result}) + "\n", flush=True)
)x";

std::string cruncher(std::string_view schema, std::string_view names = "['line']") {
  std::string text(kCruncher);
  text.replace(text.find("SCHEMA"), 6, schema);
  return text.replace(text.find("NAMES"), 5, names);
}

class ParamsServer {
 public:
  explicit ParamsServer(std::string_view schema)
      : server_({"--cruncher", directory_.write("cruncher", cruncher(schema), true), "--priority", "normal",
                 "--start", "exec"}) {}

  const RunningServer& server() const { return server_; }

  HttpResponse post(std::string_view content) const {
    HttpClient client(server_.port());
    return client.request("POST", "/tasks/line", {{"Content-Type", "application/json"}}, content);
  }

 private:
  harness::TemporaryDirectory directory_;
  RunningServer server_;
};

TEST_CASE("params reach the cruncher with the digits and in the order that they were sent in") {
  const ParamsServer here("{}");
  for (const std::string params :
       {R"({"b":18446744073709551616,"a":0.12345678901234567890123})", R"({"z":{"y":1e16,"x":1.0}})"}) {
    const auto answer = here.post(params);
    REQUIRE(answer.status == 200);
    const auto line = answer.json().at("result").get<std::string>();
    CHECK(line.find("\"params\":" + params + "}") != std::string::npos);
  }
  const auto answer = here.post("\xEF\xBB\xBF{\n\"a\":\r\n1}\n");
  REQUIRE(answer.status == 200);
  CHECK(Json::parse(answer.json().at("result").get<std::string>()).at("params") == Json{{"a", 1}});
}

TEST_CASE("a whole number is taken for an integer however it is written") {
  const ParamsServer here(R"({"properties":{"a":{"type":"integer"}}})");
  for (const char* params : {R"({"a":10000000000000000})", R"({"a":1e16})", R"({"a":9007199254740992.0})"})
    CHECK(outcome_of(here.post(params)) == "200");
  CHECK(outcome_of(here.post(R"({"a":1.5})")) == "422 invalid_params");
}

TEST_CASE("params whose check would take minutes hold up nobody, and are left to the cruncher") {
  const ParamsServer here(
      R"x({"type":"object","definitions":{"node":{"type":"object","required":["type"],"oneOf":[
    {"properties":{"type":{"const":"and"},"children":{"type":"array","items":{"$ref":"#/definitions/node"}}}},
    {"properties":{"type":{"const":"or"},"children":{"type":"array","items":{"$ref":"#/definitions/node"}}}}]}},
    "properties":{"tree":{"$ref":"#/definitions/node"}}})x");
  std::string tree = R"({"type":"and","children":[]})";
  for (int level = 0; level < 27; ++level) tree = R"({"type":"and","children":[)" + tree + "]}";
  harness::LightRoute light(here.server().port());
  for (int i = 0; i < 20; ++i)
    CHECK(outcome_of(run_job(here.server(), "line", Json{{"tree", Json::parse(tree)}})) == "200");
  CHECK(light.p99_ms() < harness::light_p99_bound_ms());
  CHECK(outcome_of(here.post(R"({"tree":{"type":"xor"}})")) == "422 invalid_params");
}

TEST_CASE("a schema or a name that cannot be used is refused at the start, with the method's name") {
  const std::pair<std::string, std::string> refused[] = {
      {cruncher(R"({"$ref":"http://b.example/x.json"})"), "the params of the method 'line'"},
      {cruncher("{}", "['x' * 200000]"), "is longer than 128 characters"},
      {cruncher("{}", "['t%d' % i for i in range(1001)]"), "it has more than 1000 methods"}};
  for (const auto& [text, words] : refused) {
    const std::string expected = words;
    CAPTURE(expected);
    const harness::TemporaryDirectory directory;
    const auto result =
        harness::run_command({harness::cruncherd_path(), "--port", "0", "--start", "exec", "--priority",
                              "normal", "--cruncher", directory.write("cruncher", text, true)});
    CHECK(result.exit_code == 2);
    CHECK(result.err.find(expected) != std::string::npos);
    CHECK(result.err.size() < 1000);
  }
}

}  // namespace
}  // namespace end_to_end
