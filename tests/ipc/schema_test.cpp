#include "ipc/schema.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "tests/ipc/schema_complaints.h"

namespace {

using ipc::Json;
using ipc::Schema;
using ipc_test::complaints;

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
  for (const char* value : {"10000000000000000", "1e16", "10000000000000000.0", "9007199254740992.0",
                            "9007199254740993", "9223372036854775807", "-9223372036854775808", "-1e18"}) {
    CAPTURE(value);
    CHECK(complaints(R"({"type":"integer"})", value) == "");
  }
  CHECK(complaints(R"({"type":"integer"})", "9223372036854775808.0") != "");
  CHECK(complaints(R"({"maximum":9007199254740992})", "9007199254740993") ==
        ": must be at most 9007199254740992, but is 9007199254740993");
  CHECK(complaints(R"({"multipleOf":2})", "9007199254740993") != "");
  CHECK(complaints(R"({"const":1})", "1.0") == "");
  CHECK(complaints(R"({"enum":[18446744073709551615]})", "-1") != "");
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
  CHECK(Schema(Json{{"items", {{"type", "string"}}}}).check(many, ipc::kUnbounded).violations.size() == 16);
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
  constexpr const char *text = R"("abc")", *list = R"(["abc"])";
  const std::pair<std::string, const char*> holders[] = {
      {R"({"allOf":[X]})", text},         {R"({"anyOf":[X,false]})", text},
      {R"({"items":X})", list},           {R"({"items":[X]})", list},
      {R"({"contains":X})", list},        {R"({"items":[],"additionalItems":X})", list},
      {R"({"else":X,"if":false})", text}, {R"({"then":X,"if":true})", text}};
  for (const auto& [holder, value] : holders) {
    std::string schema = R"({"not":)" + holder + "}";
    schema.replace(schema.find('X'), 1, R"({"pattern":"^x"})");
    fits(schema.c_str(), value);
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
                   R"({"b":1})") == "/b: must be null, but is 1\n: does not fit \"not\" in the schema");
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

TEST_CASE("what a pattern says nothing of is decided beside it") {
  CHECK(complaints(R"({"not":{"pattern":"^x"}})", "[]") == ": does not fit \"not\" in the schema");
  CHECK(complaints(R"({"oneOf":[{"pattern":"^x"},{"maxItems":3}]})", "[]") ==
        ": does not fit \"oneOf\" in the schema");
  CHECK(complaints(R"({"oneOf":[{"type":"string","pattern":"^x"},{"type":"null"}]})", "1") ==
        ": does not fit \"oneOf\" in the schema");
  CHECK(complaints(R"({"properties":{"a":{"pattern":"^x"},"b":{"type":"null"}}})", R"({"a":"","b":1})") ==
        "/b: must be null, but is 1");
}

TEST_CASE("the verdict says whether a check found out") {
  const auto fit = [](const char* schema, const char* value, std::size_t steps = ipc::kUnbounded) {
    return Schema(Json::parse(schema)).check(Json::parse(value), steps).fit;
  };
  CHECK(fit(kLimit, R"({"limit":1})") == ipc::Fit::yes);
  CHECK(fit(kLimit, R"({"limit":-1})") == ipc::Fit::no);
  CHECK(fit(kLimit, R"({"limit":1})", 3) == ipc::Fit::undecided);
  CHECK(fit(R"({"pattern":"^x"})", R"("x")") == ipc::Fit::undecided);
  CHECK(fit(R"({"pattern":"^x"})", "1") == ipc::Fit::yes);
  CHECK(fit(R"({"uniqueItems":true})", "[1,2]") == ipc::Fit::undecided);
  CHECK(fit(R"({"uniqueItems":true})", "[1]") == ipc::Fit::yes);
  CHECK(fit(R"({"items":{"type":"string"}})", "[1,2,3,4,5,6,7,8,9]", 5) == ipc::Fit::no);
}

// A tree that is read by one of several schemas, each of which leads to all of them again.
Json tree_schema(const char* kind, const char* parts) {
  Json choices = Json::array();
  for (const char* name : {"and", "or"}) {
    choices.push_back({{"properties",
                        {{kind, {{"const", name}}},
                         {parts, {{"type", "array"}, {"items", {{"$ref", "#/definitions/node"}}}}}}}});
  }
  return {{"definitions", {{"node", {{"type", "object"}, {"required", {kind}}, {"oneOf", choices}}}}},
          {"properties", {{"tree", {{"$ref", "#/definitions/node"}}}}}};
}

TEST_CASE("a schema whose check would double with each level is given up early, and decided with patience") {
  const Schema schema(tree_schema("type", "children"));
  const auto tree = [](int levels, const char* innermost) {
    Json value{{"type", innermost}, {"children", Json::array()}};
    for (int i = 0; i < levels; ++i) value = Json{{"type", "and"}, {"children", Json::array({value})}};
    return Json{{"tree", value}};
  };
  const auto steps = ipc::steps_for(4096);
  CHECK(schema.check(tree(28, "or"), steps).fit == ipc::Fit::undecided);
  CHECK(schema.check(tree(28, "xor"), steps).fit == ipc::Fit::undecided);
  CHECK(schema.check(tree(5, "or"), steps).fit == ipc::Fit::yes);
  CHECK(schema.check(tree(5, "xor"), steps).fit == ipc::Fit::no);
  CHECK(schema.check(tree(10, "xor"), ipc::kUnbounded).fit == ipc::Fit::no);
}

TEST_CASE("the longest text that is checked beside other work has steps enough for a usual schema") {
  const Schema schema(Json::parse(R"({"properties":{"a":{"type":"array","items":{"type":"integer","minimum":0,
                                      "maximum":9,"multipleOf":1}}},"additionalProperties":false})"));
  for (const std::size_t bytes : {4096u, 1u << 20}) {
    const Json value{{"a", Json::array_t(bytes / 3, Json(1))}};
    CHECK(schema.check(value, ipc::steps_for(bytes)).fit == ipc::Fit::yes);
  }
}

TEST_CASE("a list without an end in the schema takes no more steps than there are") {
  Json many = Json::array(), names = Json::array();
  for (int i = 0; i < 200'000; ++i) {
    many.push_back({{"const", i}});
    names.push_back(std::to_string(i));
  }
  for (const Json& schema :
       {Json{{"anyOf", many}}, Json{{"oneOf", many}}, Json{{"not", {{"anyOf", many}}}},
        Json{{"allOf", {{{"anyOf", many}}, {{"required", names}}}}}, Json{{"enum", many}}}) {
    CHECK(Schema(schema).check(Json::object(), 20'000).fit == ipc::Fit::undecided);
  }
  const auto complaint = complaints(Json{{"enum", names}}, Json("x"));
  CHECK(complaint.size() < 500);
  CHECK(complaint.starts_with(": must be one of \"0\", \"1\", "));
}

TEST_CASE("violations print as the errors of an answer") {
  CHECK(ipc::to_json(std::vector<ipc::Violation>{{"/a", "is required"}}) ==
        Json::parse(R"([{"pointer":"/a","message":"is required"}])"));
  CHECK(ipc::to_json({}) == Json::array());
}

}  // namespace
