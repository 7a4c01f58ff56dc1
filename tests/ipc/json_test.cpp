#include "ipc/json.h"

#include <doctest/doctest.h>

#include <string>

namespace {

using ipc::Json;
using ipc::JsonFault;

Json value_of(std::string_view text) {
  auto parsed = ipc::parse_json(text);
  REQUIRE_MESSAGE(std::holds_alternative<Json>(parsed), std::get<JsonFault>(parsed).message);
  return std::get<Json>(std::move(parsed));
}

JsonFault fault_of(std::string_view text) {
  auto parsed = ipc::parse_json(text);
  REQUIRE_MESSAGE(std::holds_alternative<JsonFault>(parsed), "accepted: ", text);
  return std::get<JsonFault>(std::move(parsed));
}

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']');
}

TEST_CASE("every kind of value is read as nlohmann's own parser reads it") {
  for (const std::string text :
       {"null", "true", " -12 ", "0.5e3", R"("é\u00e9\ud83d\ude00\n")", "[]", "{}", R"([1,[2,{"a":[]}],{}])",
        R"({"a":{"b":{"c":[null,false]}},"d":[{"e":1},{"e":2}],"f":"x"})", "18446744073709551615",
        "-9223372036854775808", "\t\r\n[1]\n"}) {
    CAPTURE(text);
    CHECK(value_of(text) == Json::parse(text));
    CHECK(value_of(text).type() == Json::parse(text).type());
  }
}

TEST_CASE("one text is one value: nothing, half a value or two values are refused") {
  for (const std::string text : {"", " ", "{", "[1", R"("abc)", "tru", "1 2", "{} {}", "[1],", "'a'", "[1,]",
                                 "01", R"({"a":1,})", R"({a:1})", "// c\n1", "NaN", "+1", "\"\t\""}) {
    CAPTURE(text);
    CHECK_FALSE(fault_of(text).message.empty());
  }
}

TEST_CASE("nesting is read down to the limit and refused beyond it") {
  CHECK(value_of(nested(ipc::kMaxDepth)).is_array());
  CHECK(fault_of(nested(ipc::kMaxDepth + 1)).message.find("deeper than 64") != std::string::npos);
  CHECK_FALSE(fault_of(std::string(10'000'000, '[')).message.empty());
  std::string objects;
  for (int i = 0; i < 65; ++i) objects += R"({"a":)";
  CHECK(fault_of(objects).message.find("deeper than 64") != std::string::npos);
}

TEST_CASE("a duplicate key is refused, at any depth and in any spelling") {
  CHECK(fault_of(R"({"a":1,"a":1})").message.find(R"("a")") != std::string::npos);
  fault_of(R"([{"x":{"b":1,"c":2,"b":3}}])");
  fault_of(R"({"a":1,"\u0061":2})");
  CHECK(value_of(R"({"a":{"a":1},"b":{"a":2}})").size() == 2);
}

TEST_CASE("NUL is refused as a byte anywhere and as an escape in strings and keys") {
  CHECK(fault_of(std::string_view("{}\0{}", 5)).offset == 2);
  fault_of(std::string_view("\0", 1));
  fault_of(std::string_view("\"a\0b\"", 5));
  fault_of(R"("a\u0000b")");
  fault_of(R"({"a\u0000":1})");
}

TEST_CASE("invalid UTF-8 is refused") {
  for (const std::string bytes : {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"}) {
    fault_of("\"" + bytes + "\"");
    fault_of("{\"" + bytes + "\":1}");
  }
  fault_of(R"("\ud800")");
  fault_of(R"("\udc00x")");
}

TEST_CASE("a number outside of double's range is refused, a long one within it is read") {
  CHECK(fault_of("1e400").message.find("out of range") != std::string::npos);
  fault_of("[-1e999]");
  CHECK(value_of("123456789012345678901234567890").is_number_float());
}

TEST_CASE("the fault of a bad text says where, what was expected, and nothing of the text") {
  const auto fault = fault_of(R"({"password": "secret"; 1})");
  CHECK(fault.offset == 22);
  CHECK(fault.message.find("secret") == std::string::npos);
  CHECK(fault.message.find("expected '}'") != std::string::npos);
  CHECK(fault.message.find("json.exception") == std::string::npos);
  CHECK(fault_of("{\"a\":\xff}").message.find('\xff') == std::string::npos);
}

TEST_CASE("a fraction is the double nearest to it") {
  for (const std::string text : {"0.1", "2.2250738585072014e-308", "4.9e-324", "1.7976931348623157e308",
                                 "9007199254740993.0", "0.3e-5", "123456789012345678901234567890.5", "-0.0",
                                 "1e-400", "8.41e21", "2.0919495182368195e-290"}) {
    CAPTURE(text);
    CHECK(value_of(text) == Json::parse(text));
    CHECK(value_of(text).dump() == Json::parse(text).dump());
  }
}

TEST_CASE("each kind of fault in a text is told in its own words") {
  const auto why = [](std::string_view text) { return fault_of(text).message; };
  CHECK(why("") == "this is no JSON: expected a value");
  CHECK(why("1 2") == "this is no JSON: expected the end of the text");
  CHECK(why("[1") == "this is no JSON: expected ']' or ','");
  CHECK(why("[") == "this is no JSON: expected ']' or a value");
  CHECK(why("{1") == "this is no JSON: expected '}' or a key");
  CHECK(why(R"({"a" 1})") == "this is no JSON: expected ':' and a value");
  CHECK(why(R"(["abc)") == "this is no JSON: the text ends within a string");
  CHECK(why("[\"\t\"]") == "this is no JSON: a control character in a string must be escaped");
  CHECK(why(R"(["\x"])") == "this is no JSON: there is no such escape");
  CHECK(why("[\"\xff\"]") == "this is no JSON: a string is no UTF-8");
}

TEST_CASE("a text of its sender's own is shown as far as it is needed to recognise it") {
  CHECK(ipc::shortened("as it is") == "as it is");
  CHECK(ipc::shortened(std::string(61, 'x')) == std::string(60, 'x') + "…");
  CHECK(ipc::shortened(std::string(59, 'x') + "€ and more") == std::string(59, 'x') + "…");
  const std::string key(100'000, 'k');
  CHECK(fault_of("{\"" + key + "\":1,\"" + key + "\":2}").message.size() < 200);
}

TEST_CASE("printing gives one line, and replaces invalid UTF-8 instead of throwing") {
  CHECK(ipc::print_json({{"a", "x\ny"}, {"b", {1, 2.5, nullptr}}}) == R"({"a":"x\ny","b":[1,2.5,null]})");
  CHECK(ipc::print_json("a\xff") == "\"a\xEF\xBF\xBD\"");
}

}  // namespace
