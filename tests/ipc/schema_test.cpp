#include "ipc/schema.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace {

using ipc::Json;
using ipc::Schema;

// The violations as "pointer: message" lines, to be compared at a glance.
std::string complaints(const Json& schema, const Json& value) {
  std::string all;
  for (const auto& [pointer, message] : Schema(schema).validate(value)) {
    all += (all.empty() ? "" : "\n") + pointer + ": " + message;
  }
  return all;
}

std::string complaints(const char* schema, const char* value) {
  return complaints(Json::parse(schema), Json::parse(value));
}

constexpr const char* kLimit = R"({"type":"object","additionalProperties":false,"required":["limit"],
  "properties":{"limit":{"type":"integer","minimum":0,"maximum":600000}}})";

TEST_CASE("a value that fits has no violations") {
  CHECK(complaints(kLimit, R"({"limit":0})") == "");
  CHECK(complaints(kLimit, R"({"limit":600000})") == "");
  CHECK(complaints("{}", "[1,{}]") == "");
  CHECK(complaints("true", "3") == "");
}

TEST_CASE("a violation names the place, the value and the limit") {
  CHECK(complaints(kLimit, R"({"limit":700000})") == "/limit: must be at most 600000, but is 700000");
  CHECK(complaints(kLimit, R"({"limit":-1})") == "/limit: must be at least 0, but is -1");
  CHECK(complaints(kLimit, R"({"limit":"x"})") == "/limit: must be an integer, but is \"x\"");
  CHECK(complaints(kLimit, R"({"limit":null})") == "/limit: must be an integer, but is null");
  CHECK(complaints(kLimit, R"({"limit":[1]})") == "/limit: must be an integer, but is an array");
  CHECK(complaints(kLimit, "{}") == "/limit: is required");
  CHECK(complaints(kLimit, R"({"limit":1,"a/b~c":1})") == "/a~1b~0c: is not a known parameter");
  CHECK(complaints(kLimit, "3") == ": must be an object, but is 3");
  CHECK(complaints(kLimit, R"({"x":1,"limit":true})") ==
        "/limit: must be an integer, but is true\n/x: is not a known parameter");
}

TEST_CASE("each keyword has its own words") {
  CHECK(complaints(R"({"enum":["a",1]})", R"("b")") == ": must be one of \"a\", 1, but is \"b\"");
  CHECK(complaints(R"({"const":5})", "6") == ": must be 5, but is 6");
  CHECK(complaints(R"({"exclusiveMinimum":0})", "0") == ": must be more than 0, but is 0");
  CHECK(complaints(R"({"exclusiveMaximum":1.5})", "2") == ": must be less than 1.5, but is 2");
  CHECK(complaints(R"({"multipleOf":5})", "7") == ": must be a multiple of 5, but is 7");
  CHECK(complaints(R"({"multipleOf":5})", "5.5") == ": must be a multiple of 5, but is 5.5");
  CHECK(complaints(R"({"minLength":1})", R"("")") == ": must have at least 1 character, but has 0");
  CHECK(complaints(R"({"maxLength":2})", R"("äöü")") == ": must have at most 2 characters, but has 3");
  CHECK(complaints(R"({"maxItems":1})", "[1,2]") == ": must have at most 1 item, but has 2");
  CHECK(complaints(R"({"items":{"type":"string"}})", R"(["a",1])") == "/1: must be a string, but is 1");
  CHECK(complaints(R"({"items":[{},{"type":"null"}],"additionalItems":false})", "[1,2,3]") ==
        "/1: must be null, but is 2\n/2: is not allowed");
  CHECK(complaints(R"({"type":["integer","null"]})", "1.5") == ": must be an integer or null, but is 1.5");
  CHECK(complaints(R"({"additionalProperties":{"type":"number"}})", R"({"a":"b"})") ==
        "/a: must be a number, but is \"b\"");
  CHECK(complaints(R"({"allOf":[{"minimum":3},{"maximum":1}]})", "2") ==
        ": must be at least 3, but is 2\n: must be at most 1, but is 2");
  CHECK(complaints(R"({"definitions":{"n":{"type":"null"}},"properties":{"a":{"$ref":"#/definitions/n"}}})",
                   R"({"a":1})") == "/a: must be null, but is 1");
  CHECK(complaints(R"({"properties":{"a":{"anyOf":[{"type":"null"},{"type":"string"}]}}})", R"({"a":1})") ==
        "/a: does not fit \"anyOf\" in the schema");
  CHECK(complaints(R"({"uniqueItems":true})", "[1,1]") == "");  // the cost grows with the square
}

TEST_CASE("a whole number is an integer however it is written") {
  CHECK(complaints(kLimit, R"({"limit":1.0})") == "");
  CHECK(complaints(kLimit, R"({"limit":1e3})") == "");
  CHECK(complaints(kLimit, R"({"limit":1.5})") == "/limit: must be an integer, but is 1.5");
}

TEST_CASE("a multiple of a decimal fraction is one as it is written") {
  for (const char* value :
       {"0", "0.01", "0.07", "-19.99", "19.99", "1234567.89", "12345678901.23", "1e300", "7"}) {
    CAPTURE(value);
    CHECK(complaints(R"({"multipleOf":0.01})", value) == "");
  }
  CHECK(complaints(R"({"multipleOf":0.01})", "19.995") == ": must be a multiple of 0.01, but is 19.995");
  CHECK(complaints(R"({"multipleOf":0.01})", "1234567.891") ==
        ": must be a multiple of 0.01, but is 1234567.891");
  CHECK(complaints(R"({"multipleOf":0.01})", "12345678901.235") != "");
  CHECK(complaints(R"({"multipleOf":0.01})", "1e-9") != "");
  CHECK(complaints(R"({"not":{"multipleOf":0.01}})", "19.99") != "");
  CHECK(complaints(R"({"not":{"multipleOf":0.01}})", "19.995") == "");
  CHECK(complaints(R"({"multipleOf":0.5})", "1e308") == "");
  CHECK(complaints(R"({"multipleOf":1e-308})", "1e308") == "");
  CHECK(complaints(R"({"multipleOf":5})", "5000000000000001") != "");
  CHECK(complaints(R"({"multipleOf":2.0})", R"("1")") == "");
}

TEST_CASE("an integer beyond 64 bits neither wraps around nor passes as a double") {
  CHECK(complaints(R"({"maximum":600000})", "18446744073709551615") ==
        ": must be at most 600000, but is 18446744073709551615");
  CHECK(complaints(R"({"minimum":0})", "18446744073709551615") == "");
  CHECK(complaints(R"({"maximum":18446744073709551615})", "5") == "");
  CHECK(complaints(R"({"type":"integer"})", "18446744073709551615") ==
        ": must be an integer of at most 64 bits, but is 18446744073709551615");
  CHECK(complaints(R"({"type":"integer"})", "1e30") != "");
  CHECK(complaints(R"({"type":"integer","maximum":5})", "123456789012345678901234567890") != "");
}

TEST_CASE("a hostile value gets few and short violations") {
  Json many = Json::array();
  for (int i = 0; i < 100'000; ++i) many.push_back(i);
  CHECK(Schema(Json{{"items", {{"type", "string"}}}}).validate(many).size() == 16);
  const Json text = std::string(1'000'000, 'x');
  CHECK(complaints({{"type", "integer"}}, text).size() < 200);
}

TEST_CASE("patterns and formats are left to the cruncher, whatever the text costs them") {
  CHECK(complaints(R"({"type":"string","pattern":"^(a+)+$","format":"date"})",
                   R"("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")") == "");
  CHECK(complaints(R"({"format":"date"})", "1") == "");
  CHECK(complaints(R"({"$ref":"#/$defs/a","$defs":{"a":{"pattern":"^x"}}})", R"("abc")") == "");
  CHECK(complaints(R"({"patternProperties":{"^x":{}},"additionalProperties":false})", R"({"xy":1})") == "");
  // A parameter may be called as a keyword is.
  CHECK(complaints(R"({"properties":{"pattern":{"type":"string"}},"additionalProperties":false})",
                   R"({"pattern":1})") == "/pattern: must be a string, but is 1");
}

TEST_CASE("what depends on something unchecked refuses nothing valid") {
  const auto fits = [](const char* schema, const char* value) {
    CAPTURE(schema);
    CAPTURE(value);
    CHECK(complaints(schema, value) == "");
  };
  fits(R"({"oneOf":[{"type":"string","format":"ipv4"},{"type":"string","format":"ipv6"}]})", R"("1.2.3.4")");
  fits(R"({"oneOf":[{"format":"ipv4"},{"format":"ipv6"}],"anyOf":[{"type":"string"}]})", R"("1.2.3.4")");
  fits(R"({"type":"string","not":{"pattern":"^x"}})", R"("abc")");
  fits(R"({"not":{"not":{"not":{"pattern":"^x"}}}})", R"("abc")");
  fits(R"({"not":{"not":{"pattern":"^x"}}})", R"("xyz")");
  fits(R"({"not":{"uniqueItems":true}})", "[1,1]");
  fits(R"({"not":{"patternProperties":{"^x":{"type":"null"}},"additionalProperties":false}})", R"({"x":1})");
  fits(R"({"if":{"properties":{"n":{"pattern":"^a"}}},"then":{"required":["extra"]}})", R"({"n":"b"})");
  fits(R"({"if":{"properties":{"n":{"pattern":"^a"}}},"else":{"required":["extra"]}})", R"({"n":"a"})");
  fits(R"({"if":{"oneOf":[{"format":"date"},{"type":"null"}]},"then":false})", R"("x")");
  // Through each way of holding a schema.
  for (const char* holder : {R"({"allOf":[X]})", R"({"anyOf":[X,false]})", R"({"items":X})",
                             R"({"items":[X]})", R"({"contains":X})", R"({"items":[],"additionalItems":X})",
                             R"({"else":X,"if":false})", R"({"then":X,"if":true})"}) {
    std::string schema = R"({"not":)" + std::string(holder) + "}";
    schema.replace(schema.find('X'), 1, R"({"pattern":"^x"})");
    fits(schema.c_str(), R"(["abc"])");
  }
  fits(R"({"not":{"propertyNames":{"pattern":"^x"}}})", R"({"a":1})");
  fits(R"({"not":{"dependencies":{"a":{"propertyNames":{"pattern":"^x"}}}}})", R"({"a":1})");
  fits(R"({"not":{"additionalProperties":{"pattern":"^x"}}})", R"({"a":"abc"})");
  // Through references: ahead, to an unknown keyword, and round about.
  fits(R"({"not":{"$ref":"#/definitions/a"},"definitions":{"a":{"pattern":"^x"}}})", R"("abc")");
  fits(
      R"({"not":{"$ref":"#/$defs/a%20b"},"$defs":{"a b":{"allOf":[{"$ref":"#/$defs/c"}]},"c":{"pattern":"^x"}}})",
      R"("abc")");
  fits(R"({"properties":{"a":{"not":{"$ref":"#"}},"b":{"format":"date"}},"required":["b"]})",
       R"({"b":"2000-01-01","a":{"b":"x"}})");
}

TEST_CASE("what does not depend on anything unchecked is checked as ever") {
  CHECK(complaints(R"({"oneOf":[{"type":"string","format":"ipv4"},{"type":"null"}]})", "1") != "");
  CHECK(complaints(R"({"oneOf":[{"minimum":1},{"minimum":2}],"properties":{"a":{"format":"date"}}})", "3") ==
        ": does not fit \"oneOf\" in the schema");
  CHECK(complaints(R"({"not":{"type":"null"},"format":"date"})", "null") != "");
  CHECK(complaints(
            R"({"not":{"$ref":"#/definitions/a"},"definitions":{"a":{"type":"null"},"b":{"format":"date"}}})",
            "null") != "");
  CHECK(complaints(R"({"if":{"type":"string"},"then":{"minLength":2,"pattern":"^x"}})", R"("x")") != "");
  CHECK(complaints(R"({"contains":{"type":"string","pattern":"^x"}})", "[1]") != "");
  CHECK(complaints(R"({"dependencies":{"a":{"required":["b"],"properties":{"b":{"pattern":"x"}}}}})",
                   R"({"a":1})") != "");
  CHECK(complaints(R"({"propertyNames":{"maxLength":1,"pattern":"^x"}})", R"({"ab":1})") != "");
}

TEST_CASE("a reference into something unchecked still leads there") {
  CHECK(complaints(R"({"properties":{"a":{"oneOf":[{"format":"date","type":"string"},{"type":"null"}]},
                                     "b":{"$ref":"#/properties/a/oneOf/0"}}})",
                   R"({"b":1})") == "/b: must be a string, but is 1");
  CHECK(complaints(R"({"not":{"properties":{"50%~/":{"type":"null","format":"x"}}},
                       "properties":{"b":{"$ref":"#/not/properties/50%25~0~1"}}})",
                   R"({"b":1})") == "/b: must be null, but is 1");
  CHECK(complaints(R"({"patternProperties":{"^x":{"type":"null"}},
                       "properties":{"b":{"$ref":"#/patternProperties/^x"}}})",
                   R"({"b":1})") == "/b: must be null, but is 1");
  CHECK_THROWS_AS(
      Schema(Json::parse(R"({"format":"x","a":true,"properties":{"b":{"$ref":"http://c/#/a"}}})")),
      std::invalid_argument);
}

TEST_CASE("an unusable schema is refused with a sentence") {
  for (const char* schema :
       {"3", "null", R"({"type":"int"})", R"({"type":5})", R"({"minimum":"x"})", R"({"minLength":-1})",
        R"({"required":[1]})", R"({"multipleOf":"2"})", R"({"$ref":"#"})", R"({"$ref":"http://127.0.0.1/x"})",
        R"({"allOf":[{"$ref":"#"}]})",
        R"({"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"anyOf":[{"$ref":"#/definitions/a"}]}},
           "properties":{"x":{"$ref":"#/definitions/a"}}})"}) {
    CAPTURE(schema);
    CHECK_THROWS_AS(Schema{Json::parse(schema)}, std::invalid_argument);
  }
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

TEST_CASE("violations print as the errors of an answer") {
  CHECK(ipc::to_json(std::vector<ipc::Violation>{{"/a", "is required"}}) ==
        Json::parse(R"([{"pointer":"/a","message":"is required"}])"));
  CHECK(ipc::to_json({}) == Json::array());
}

}  // namespace
