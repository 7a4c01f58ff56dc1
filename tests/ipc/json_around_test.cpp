#include "ipc/json.h"

#include <doctest/doctest.h>

#include <string>

namespace {

using ipc::Json;
using ipc::JsonFault;

struct Read {
  std::variant<Json, JsonFault> around;
  std::string_view value;
};

Read read(std::string_view text) {
  Read read{nullptr, "before"};
  read.around = ipc::parse_json_around("result", text, read.value, text.size());
  return read;
}

bool taken(const std::variant<Json, JsonFault>& parsed) {
  return std::holds_alternative<Json>(parsed);
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

const std::string kValues[] = {"null",
                               "true",
                               "false",
                               "0",
                               "-0",
                               "-12",
                               "0.5e3",
                               "1E+2",
                               "18446744073709551615",
                               "18446744073709551616",
                               "-9223372036854775809",
                               "123456789012345678901234567890",
                               "1.7976931348623157e308",
                               "4.9e-324",
                               "1e-400",
                               "0e999",
                               "-0.0e-999",
                               R"("")",
                               R"("é\u00e9\ud83d\ude00\n\"\\\/")",
                               R"("result")",
                               "[]",
                               "{}",
                               "[ 1 , [ ] ]",
                               R"([1,[2,{"a":[]}],{}])",
                               R"({"a":{"a":[{"a":1},{"a":2}]},"b":null})",
                               R"({"result":{"result":1}})",
                               R"({"a":1,"A":2})",
                               nested(63),
                               "\t[1]\r\n "};

const std::string kNoValues[] = {"",
                                 " ",
                                 "nul",
                                 "nulll",
                                 "tru",
                                 "+1",
                                 "01",
                                 "1.",
                                 ".5",
                                 "1e",
                                 "--1",
                                 "NaN",
                                 "Infinity",
                                 "'a'",
                                 "[1,]",
                                 "[,1]",
                                 "[1",
                                 "1]",
                                 "{}}",
                                 R"({"a":1,})",
                                 R"({a:1})",
                                 R"({"a" 1})",
                                 R"({"a":1 "b":2})",
                                 R"("abc)",
                                 "\"\t\"",
                                 R"("\x")",
                                 R"("\u12g4")",
                                 R"("\ud800")",
                                 R"("\udc00x")",
                                 "\"\xff\"",
                                 "\"\xc0\xaf\"",
                                 "\"\xed\xa0\x80\"",
                                 "\"\xf4\x90\x80\x80\"",
                                 "{\"\xff\":1}",
                                 R"("a\u0000b")",
                                 R"({"a\u0000":1})",
                                 std::string("\"a\0b\"", 5),
                                 std::string("1\0", 2),
                                 "1e400",
                                 "[-1e999]",
                                 "1.7976931348623159e308",
                                 R"({"a":1,"a":1})",
                                 R"([{"x":{"b":1,"c":2,"b":3}}])",
                                 R"({"a":1,"\u0061":2})",
                                 nested(64),
                                 "// c\n1",
                                 "1 /* c */",
                                 "1 2"};

TEST_CASE("a value is found as it stands, and the rest is read as without it") {
  for (const auto& value : kValues) {
    for (const std::string& text :
         {R"({"result":)" + value + "}", R"({"id":7,"result":)" + value + R"(,"jsonrpc":"2.0"})",
          " { \"id\" : [ { \"result\" : 2 } ] ,\n\"result\"\t: " + value + " } ",
          R"({"a":"\"result\":1","r\u0065sult":)" + value + R"(,"z":{}})"}) {
      CAPTURE(text);
      const auto whole = ipc::parse_json(text);
      REQUIRE(taken(whole));
      const auto part = read(text);
      REQUIRE(taken(part.around));
      auto expected = std::get<Json>(whole);
      CHECK(Json::parse(part.value) == expected.at("result"));
      CHECK(part.value.find_first_of(" \t\r\n") != 0);
      CHECK(part.value.find_last_of(" \t\r\n") != part.value.size() - 1);
      expected["result"] = nullptr;
      CHECK(std::get<Json>(part.around) == expected);
    }
  }
}

TEST_CASE("what parse_json() refuses is refused, inside the value and around it") {
  for (const auto& value : kNoValues) {
    for (const std::string& text :
         {R"({"result":)" + value + "}", R"({"id":7,"result":)" + value + R"(,"a":1})",
          R"({"id":)" + value + R"(,"result":1})", R"({"result":1,"id":)" + value + "}"}) {
      CAPTURE(text);
      CHECK_FALSE(taken(ipc::parse_json(text)));
      const auto part = read(text);
      REQUIRE_FALSE(taken(part.around));
      CHECK_FALSE(std::get<JsonFault>(part.around).message.empty());
      CHECK(part.value.empty());
    }
  }
}

TEST_CASE("no beginning of a text is a text, and what follows it makes it none") {
  const std::string text = R"({"a":[1,"\u00e9"],"result":{"b":[-1.5e3,true,null]},"c":"d"})";
  REQUIRE(taken(read(text).around));
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(taken(read(std::string_view(text).substr(0, size)).around));
    for (const auto added : {"}", ",", "\"", "1", "]", "x"}) {
      CAPTURE(added);
      auto changed = text;
      changed.insert(size, added);
      CHECK(taken(read(changed).around) == taken(ipc::parse_json(changed)));
    }
  }
  CHECK_FALSE(taken(read(text + "x").around));
}

TEST_CASE("without the member, or without an object around it, all is read, and no part is found") {
  for (const std::string text : {R"({})", R"({"a":{"result":1}})", R"(["result",{"result":1}])",
                                 R"("result")", "1", R"({"results":1})", R"({"Result":1})"}) {
    CAPTURE(text);
    const auto part = read(text);
    REQUIRE(taken(part.around));
    CHECK(std::get<Json>(part.around) == Json::parse(text));
    CHECK(part.value.empty());
  }
}

TEST_CASE("the member twice is a duplicate key, wherever the second one stands") {
  for (const std::string text : {R"({"result":1,"result":2})", R"({"result":{},"a":1,"\u0072esult":2})"})
    CHECK(std::get<JsonFault>(read(text).around).message.find(R"("result")") != std::string::npos);
}

TEST_CASE("the fault says why, and where it is in the text") {
  const auto why = [](std::string_view text) { return std::get<JsonFault>(read(text).around); };
  CHECK(why(R"({"result":)" + nested(64) + "}").message.find("deeper than 64") != std::string::npos);
  CHECK(why(R"({"result":{"k":1,"k":2}})").message.find(R"("k")") != std::string::npos);
  CHECK(why(R"({"result":"\u0000"})").message.find("U+0000") != std::string::npos);
  CHECK(why(R"({"result":[1e999]})").message.find("out of range") != std::string::npos);
  CHECK(why(R"({"result":[1,}])").message.find("no JSON") != std::string::npos);
  CHECK(why(R"({"result":"secret"#})").message.find("secret") == std::string::npos);
  const std::string behind = R"({"result":"a value of some length","x":;})";
  CHECK(why(behind).offset == std::get<JsonFault>(ipc::parse_json(behind)).offset);
  const auto offset = why(R"({"a":1,"result":[tru]})").offset;
  CHECK(offset > 17);
  CHECK(offset <= 21);
}

TEST_CASE("an exponent of ten digits is out of range, one of nine is read, in the value and around it") {
  for (const std::string number : {"0e9999999999", "1e-9999999999", "0E+1000000000", "1.5e-00001000000000"}) {
    CAPTURE(number);
    CHECK(std::get<JsonFault>(ipc::parse_json(number)).message == ipc::out_of_range());
    for (const std::string& text :
         {R"({"id":1,"result":)" + number + "}", R"({"id":)" + number + R"(,"result":1})"})
      CHECK(std::get<JsonFault>(read(text).around).message == ipc::out_of_range());
  }
  for (const std::string number : {"0e999999999", "1e-999999999", "0e00000000000001", "-0.0e-999999999"}) {
    CAPTURE(number);
    CHECK(std::get<Json>(ipc::parse_json(number)) == 0);
    CHECK(taken(read(R"({"id":1,"result":)" + number + "}").around));
  }
}

TEST_CASE("a byte order mark is passed over, and counted") {
  const std::string mark = "\xEF\xBB\xBF";
  CHECK(std::get<Json>(ipc::parse_json(mark + "[1]")) == Json{1});
  CHECK(std::get<JsonFault>(ipc::parse_json(mark + "[1;")).offset == 6);
  const std::string text = mark + R"({"id":1,"result":[2]})";
  const auto part = read(text);
  CHECK(std::get<Json>(part.around).at("id") == 1);
  CHECK(part.value == "[2]");
  CHECK_FALSE(taken(ipc::parse_json(mark)));
  CHECK_FALSE(taken(ipc::parse_json(mark + mark + "1")));
}

TEST_CASE("strings and keys of many pieces are checked to their ends") {
  const std::string long_text(100'000, 'x');
  std::string escapes;
  for (int i = 0; i < 5000; ++i) escapes += R"(\u00e9\n)";
  for (const auto& part : {long_text, escapes, long_text + escapes + long_text}) {
    CHECK(taken(read(R"({"result":{")" + part + "\":\"" + part + "\"}}").around));
    CHECK_FALSE(taken(read(R"({"result":{"a":")" + part + R"(\u0000"}})").around));
    CHECK_FALSE(taken(read(R"({"result":{")" + part + R"(1":1,")" + part + R"(1":2}})").around));
    CHECK(taken(read(R"({"result":{")" + part + R"(1":1,")" + part + R"(2":2}})").around));
  }
}

}  // namespace
