// References of a schema: where they lead, and where that is too far.

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "tests/ipc/schema_complaints.h"

namespace {

using ipc::Json;
using ipc::Schema;
using ipc_test::complaints;

TEST_CASE("a reference is found by the $id of a schema, and by its fragment") {
  constexpr const char* schema = R"({"$id":"http://a.example/root.json","definitions":{
    "whole":{"$ref":"http://a.example/root.json#/definitions/point"},
    "point":{"$id":"#pt","type":"integer"},
    "other":{"$id":"other.json","definitions":{"n":{"type":"null"}},"properties":{"x":{"$ref":"#/definitions/n"}}}},
    "properties":{"a":{"$ref":"#pt"},"b":{"$ref":"#/definitions/whole"},"c":{"$ref":"root.json#pt"},
                  "d":{"$ref":"other.json"},"e":{"$ref":"/other.json#/definitions/n"},
                  "f":{"$ref":"http://a.example/root.json"}}})";
  CHECK(complaints(schema, R"({"a":1,"b":1,"c":1,"d":{"x":null},"e":null,"f":{"a":1}})") == "");
  CHECK(complaints(schema, R"({"a":"","b":"","c":"","d":{"x":1},"e":1,"f":{"a":""}})") ==
        "/a: must be an integer, but is \"\"\n/b: must be an integer, but is \"\"\n"
        "/c: must be an integer, but is \"\"\n/d/x: must be null, but is 1\n/e: must be null, but is 1\n"
        "/f/a: must be an integer, but is \"\"");
  try {
    Schema(Json::parse(R"({"$ref":"http://b.example/x.json"})"));
    FAIL("taken");
  } catch (const std::invalid_argument& error) {
    CHECK(
        error.what() ==
        std::string("not a usable JSON Schema: the $ref \"http://b.example/x.json\" leads to no place in the "
                    "schema; other documents are not fetched"));
  }
}

TEST_CASE("a long chain of references is compiled, and given up where it is too long for a check") {
  Json schema{{"$ref", "#/definitions/0"}};
  for (int i = 0; i < 100'000; ++i)
    schema["definitions"][std::to_string(i)] = {{"$ref", "#/definitions/" + std::to_string(i + 1)}};
  schema["definitions"]["100000"] = {{"type", "null"}};
  CHECK(Schema(schema).check(1, ipc::kUnbounded).fit == ipc::Fit::undecided);
}

TEST_CASE("a circle of references is found however it is written") {
  for (const char* reference :
       {"#/definitions/%61", "#/%64efinitions/a", "#/definitions/a/", "#//definitions/a", "#/definitions/a%",
        "#/definitions/a%2", "#/definitions/a%2x", "x#/definitions/a"}) {
    CAPTURE(reference);
    const Json self{{"$ref", reference}};
    CHECK_THROWS_AS(Schema(Json{{"$ref", reference}, {"definitions", {{"a", self}}}}), std::invalid_argument);
  }
  CHECK_THROWS_AS(Schema(Json::parse(R"({"$ref":"#/a%2Fb","a/b":{"$ref":"#/a%2Fb"}})")),
                  std::invalid_argument);
  CHECK_THROWS_AS(Schema(Json::parse(R"({"$ref":"#/%zz","\u0000":{"$ref":"#/%zz"}})")),
                  std::invalid_argument);
  CHECK_THROWS_AS(Schema(Json::parse(R"({"allOf":[{"$ref":"#/allOf/00"}]})")), std::invalid_argument);
  CHECK_THROWS_AS(Schema(Json::parse(R"({"id":"http://a/b","allOf":[{"$ref":"http://a/b#/allOf/0"}]})")),
                  std::invalid_argument);
}

TEST_CASE("a reference is percent-decoded for the explanation as well") {
  CHECK(complaints(
            R"({"definitions":{"a b":{"type":"null"}},"properties":{"x":{"$ref":"#/definitions/a%20b"}}})",
            R"({"x":1})") == "/x: must be null, but is 1");
}

TEST_CASE("a schema may refer to itself for a part of the value") {
  constexpr const char* tree = R"({"type":"object","properties":{"next":{"$ref":"#"}}})";
  CHECK(complaints(tree, R"({"next":{"next":{}}})") == "");
  CHECK(complaints(tree, R"({"next":{"next":3}})") == "/next/next: must be an object, but is 3");
}
}  // namespace
