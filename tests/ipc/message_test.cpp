#include "ipc/reply.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

namespace {

using namespace ipc;

Request request_of(std::string_view line) {
  auto parsed = parse_request(line);
  REQUIRE_MESSAGE(std::holds_alternative<Request>(parsed), line);
  return std::get<Request>(std::move(parsed));
}

// The code of the error answer to a line, with the id that it is addressed to.
std::pair<int, Json> refusal_of(std::string_view line) {
  auto parsed = parse_request(line);
  REQUIRE_MESSAGE(std::holds_alternative<Response>(parsed), line);
  const auto& response = std::get<Response>(parsed);
  return {std::get<Error>(response.body).code, response.id};
}

template <typename Kind>
Kind reply_of(std::string_view line) {
  auto parsed = parse_reply(line);
  REQUIRE_MESSAGE(std::holds_alternative<Kind>(parsed), line);
  return std::get<Kind>(std::move(parsed));
}

TEST_CASE("a request comes out of its line as it went in") {
  const Request sent{Json("7f3c"), "primes", {{"limit", 1000000}}};
  const auto line = print_request(sent);
  CHECK(line ==
        "{\"jsonrpc\":\"2.0\",\"id\":\"7f3c\",\"method\":\"primes\",\"params\":{\"limit\":1000000}}\n");
  const auto read = request_of(line);
  CHECK(read.id == sent.id);
  CHECK(read.method == sent.method);
  CHECK(read.params == sent.params);
}

TEST_CASE("params that are printed verbatim keep their digits and the order of their members") {
  CHECK(
      print_verbatim_request("7f\"3c", "m", R"({"b":18446744073709551616,"a":0.12345678901234567890123})") ==
      R"({"jsonrpc":"2.0","id":"7f\"3c","method":"m","params":{"b":18446744073709551616,"a":0.12345678901234567890123}})"
      "\n");
  const auto line = print_verbatim_request("x", "m", "\xEF\xBB\xBF{\r\n\t\"a\":\n1 }\n");
  CHECK(line == "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"m\",\"params\":{  \t\"a\": 1 } }\n");
  CHECK(request_of(line).params == Json{{"a", 1}});
}

TEST_CASE("absent params read as an empty object, an absent id as a notification, a null id as an id") {
  const auto notification = request_of(R"({"jsonrpc":"2.0","method":"spin"})");
  CHECK_FALSE(notification.id);
  CHECK(notification.params == Json::object());
  CHECK(print_request(notification).find("\"id\"") == std::string::npos);
  CHECK(request_of(R"({"jsonrpc":"2.0","method":"spin","id":null})").id == Json(nullptr));
  CHECK(request_of(R"({"jsonrpc":"2.0","method":"spin","id":3,"extra":1})").id == Json(3));
}

TEST_CASE("a line that is no JSON is answered with a parse error and the id null") {
  for (const std::string line : {"", "{", "x", "{\"id\":1", "\xff", R"({"id":1,"id":2})"}) {
    CHECK(refusal_of(line) == std::pair<int, Json>{-32700, nullptr});
  }
}

TEST_CASE("JSON that is no request is answered with invalid request, to its id if it has one") {
  CHECK(refusal_of("[]") == std::pair<int, Json>{-32600, nullptr});
  CHECK(refusal_of("1") == std::pair<int, Json>{-32600, nullptr});
  CHECK(refusal_of(R"({"jsonrpc":"2.0","id":5})") == std::pair<int, Json>{-32600, 5});
  CHECK(refusal_of(R"({"jsonrpc":"2.0","id":5,"method":7})") == std::pair<int, Json>{-32600, 5});
  CHECK(refusal_of(R"({"jsonrpc":"2.0","id":{},"method":"m"})") == std::pair<int, Json>{-32600, nullptr});
  CHECK(refusal_of(R"({"jsonrpc":2.0,"id":"a","method":"m"})") == std::pair<int, Json>{-32600, "a"});
  CHECK(refusal_of(R"({"id":"a","method":"m"})") == std::pair<int, Json>{-32600, "a"});
  CHECK(refusal_of(R"({"jsonrpc":"2.0","id":"a","method":"m","params":[1]})") ==
        std::pair<int, Json>{-32600, "a"});
}

TEST_CASE("a result and an error come out of their lines as they went in") {
  const auto result = reply_of<Answer>("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}");
  CHECK(std::get<std::string_view>(result.body) == "null");

  const auto sent = error_response("x", ErrorCode::invalid_params, "no", {{"errors", Json::array()}});
  const auto line = print_response(sent);
  CHECK(line.back() == '\n');
  const auto read = reply_of<Answer>(line.substr(0, line.size() - 1));
  CHECK(read.id == "x");
  CHECK(std::get<Error>(read.body).code == -32602);
  CHECK(std::get<Error>(read.body).message == "no");
  CHECK(std::get<Error>(read.body).data == Json{{"errors", Json::array()}});

  const auto with_text = print_response({7, Json{{"text", "bad \xff byte"}}});
  CHECK(std::get<std::string_view>(reply_of<Answer>(with_text).body) ==
        "{\"text\":\"bad \xEF\xBF\xBD byte\"}");
}

TEST_CASE("a result is the part of its line that it is, wherever it stands") {
  for (const std::string value :
       {"0", "-1.5e3", "true", "null", "\"a,}b\"", "\"\\\"}\"", "{}", "[]",
        R"({"result":[1,{"result":2}],"b":{}})", "123456789012345678901234567890", "[ 1 , 2 ]"}) {
    for (const std::string& line : {R"({"jsonrpc":"2.0","id":1,"result":)" + value + "}",
                                    R"({"result":)" + value + R"(,"id":1,"jsonrpc":"2.0"})",
                                    R"( { "jsonrpc" : "2.0" , "result" : )" + value + R"( , "id" : 1 } )"}) {
      CAPTURE(line);
      CHECK(std::get<std::string_view>(reply_of<Answer>(line).body) == value);
    }
  }
}

TEST_CASE("what a result must not hold is found, though the result is not built") {
  const auto deep = std::string(63, '[') + std::string(63, ']');
  CHECK(std::get<std::string_view>(
            reply_of<Answer>(R"({"jsonrpc":"2.0","id":1,"result":)" + deep + "}").body) == deep);
  for (const std::string value :
       {R"({"a":1,"a":2})", R"([{"a":{"b":1,"b":2}}])", R"("\u0000")", R"({"\u0000":1})", "\"\xff\"", "1e999",
        "[1,]", "{", "\"", "tru", "01", "1 2"}) {
    CAPTURE(value);
    CHECK_FALSE(reply_of<Malformed>(R"({"jsonrpc":"2.0","id":1,"result":)" + value + "}").why.empty());
  }
  CHECK(
      reply_of<Malformed>(R"({"jsonrpc":"2.0","id":1,"result":[)" + deep + "]}").why ==
      R"(arrays and objects are nested deeper than 64; the line is "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[)" +
          deep + R"(]}")");
  CHECK(
      reply_of<Malformed>(R"({"jsonrpc":"2.0","id":1,"result":1,"result":2})").why ==
      R"(the key "result" stands twice in one object; the line is "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1,\"result\":2}")");
}

TEST_CASE("progress is read with its fraction, other notifications and odd fractions as unknown") {
  CHECK(print_progress({0.5}) ==
        "{\"jsonrpc\":\"2.0\",\"method\":\"progress\",\"params\":{\"fraction\":0.5}}\n");
  CHECK(reply_of<Progress>(print_progress({0.25})).fraction == 0.25);
  for (const std::string line :
       {R"({"jsonrpc":"2.0","method":"log"})", R"({"jsonrpc":"2.0","method":"progress"})",
        R"({"jsonrpc":"2.0","method":"progress","params":{"fraction":"x"}})",
        R"({"jsonrpc":"2.0","method":"progress","params":{"fraction":1.5}})",
        R"({"jsonrpc":"2.0","method":5})"}) {
    CHECK(std::isnan(reply_of<Progress>(line).fraction));
  }
}

TEST_CASE("a malformed line is quoted, its first 200 bytes, so that a terminal may show them") {
  CHECK(reply_of<Malformed>("hello").why == "this is no JSON: expected a value; the line is \"hello\"");
  CHECK(reply_of<Malformed>("\x1b[2J\x7f\xc2\x9b\xff").why ==
        R"(this is no JSON: expected a value; the line is "\u001b[2J\u007f\u009b\ufffd")");
  CHECK(reply_of<Malformed>(std::string(1000, 'x')).why.find(std::string(200, 'x') + R"(\u2026")") !=
        std::string::npos);
  CHECK(reply_of<Malformed>(R"({"jsonrpc":"2.0","id":1,"error":"no"})").why ==
        R"(the error is not an object; the line is "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":\"no\"}")");
}

TEST_CASE("an empty line closes what a cruncher says, also with a carriage return") {
  CHECK(is_closing_line(""));
  CHECK(is_closing_line("\r"));
  CHECK_FALSE(is_closing_line(" "));
  CHECK_FALSE(is_closing_line("\r\r"));
}

TEST_CASE("an answer that breaks JSON-RPC is malformed, with a reason") {
  for (const std::string line :
       {"", "1", "[]", "nonsense", R"({"jsonrpc":"1.0","id":1,"result":1})",
        R"({"jsonrpc":"2.0","result":1})", R"({"jsonrpc":"2.0","id":1})",
        R"({"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":"m"}})",
        R"({"jsonrpc":"2.0","id":[],"result":1})", R"({"jsonrpc":"2.0","id":1,"error":"no"})",
        R"({"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":"m"}})",
        R"({"jsonrpc":"2.0","id":1,"error":{"code":4294967296,"message":"m"}})",
        R"({"jsonrpc":"2.0","id":1,"error":{"code":18446744073709551615,"message":"m"}})",
        R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":null}})",
        R"({"jsonrpc":"2.0","id":1,"method":"m"})"}) {
    CAPTURE(line);
    CHECK_FALSE(reply_of<Malformed>(line).why.empty());
  }
}

}  // namespace
