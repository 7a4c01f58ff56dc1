#include "cruncher/catalogue.h"

#include <doctest/doctest.h>

#include <set>

#include "ipc/schema.h"

namespace {

using cruncher::all_tasks;
using ipc::Json;

const Json& method_of(const Json& document, std::string_view name) {
  for (const Json& method : document.at("methods")) {
    if (method.at("name") == name) return method;
  }
  FAIL("no such method");
  return document;
}

TEST_CASE("the tasks are the five of the design, each with a usable schema for params and result") {
  std::set<std::string_view> names;
  for (const auto* task : all_tasks()) {
    CAPTURE(task->name);
    names.insert(task->name);
    CHECK(cruncher::find_task(task->name) == task);
    CHECK_FALSE(task->summary.empty());
    const Json params = Json::parse(task->params_schema);
    CHECK(params.at("additionalProperties") == false);
    CHECK_NOTHROW(ipc::Schema{params});
    CHECK_NOTHROW(ipc::Schema{Json::parse(task->result_schema)});
  }
  CHECK(names == std::set<std::string_view>{"spin", "primes", "hash_password", "mandelbrot", "regex_match"});
  CHECK(cruncher::find_task("") == nullptr);
  CHECK(cruncher::find_task("rpc.discover") == nullptr);
}

TEST_CASE("every default in a schema fits that schema") {
  for (const auto* task : all_tasks()) {
    const Json properties = Json::parse(task->params_schema).at("properties");
    for (const Json& property : properties) {
      CAPTURE(property);
      if (property.contains("default"))
        CHECK(ipc::Schema(property).check(property["default"], ipc::kUnbounded).fit == ipc::Fit::yes);
    }
  }
}

TEST_CASE("the OpenRPC document lists params one by one and their schema as a whole") {
  const Json document = cruncher::describe_tasks();
  CHECK(document.at("openrpc").get<std::string>().starts_with("1.3"));
  CHECK(document.at("info").contains("title"));
  CHECK(document.at("info").contains("version"));
  CHECK(document.at("methods").size() == all_tasks().size());
  const Json& primes = method_of(document, "primes");
  CHECK(primes.at("paramStructure") == "by-name");
  CHECK(primes.at("params").size() == 1);
  CHECK(primes.at("params")[0].at("name") == "limit");
  CHECK(primes.at("params")[0].at("required") == true);
  CHECK(primes.at("params")[0].at("schema").at("maximum") == 10'000'000'000);
  CHECK(primes.at("x-params-schema").at("required") == Json{"limit"});
  CHECK(primes.at("result").at("schema").at("properties").contains("count"));
  for (const Json& param : method_of(document, "mandelbrot").at("params"))
    CHECK(param.at("required") == false);
}

}  // namespace
