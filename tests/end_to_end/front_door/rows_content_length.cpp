#include "tests/end_to_end/front_door/conformance_row.h"

namespace conformance {

using enum After;

namespace {

const std::string kSmuggled = get("/smuggled", "X-Request-Id: smuggled\r\n");
const std::string kSmuggledLength = "Content-Length: " + std::to_string(kSmuggled.size()) + "\r\n";

Row refused(std::string what, std::string fields, std::string answers = "400") {
  return {std::move(what), "9112 6.3", post(fields, kContent), std::move(answers), closed};
}

Row read(std::string what, std::string fields) {
  return {std::move(what), "9110 8.6", post(fields, kContent), "422", open};
}

}  // namespace

Rows content_length_rows() {
  return {
      read("content of the length given is read", "Content-Length: 16\r\n"),
      read("content-length is read in any case", "content-LENGTH: 16\r\n"),
      read("leading zeros are digits", "Content-Length: 0000000000000000000016\r\n"),
      read("white space around the length is no part of it", "Content-Length: \t16 \t\r\n"),
      read("a name that only resembles Content-Length is another field",
           "Content-Length: 16\r\nContent_Length: 3\r\nContent-Lengt: 4\r\n"),
      refused("Content-Length twice is refused, be they different",
              "Content-Length: 16\r\nContent-Length: 3\r\n"),
      refused("Content-Length twice is refused, be they equal",
              "Content-Length: 16\r\nContent-Length: 16\r\n"),
      refused("a list of equal lengths is refused", "Content-Length: 16, 16\r\n"),
      refused("a list of different lengths is refused", "Content-Length: 16, 3\r\n"),
      refused("an empty length is refused", "Content-Length:\r\n"),
      refused("a length of white space is refused", "Content-Length: \t \r\n"),
      refused("a length with a positive sign is refused", "Content-Length: +16\r\n"),
      refused("a negative length is refused", "Content-Length: -16\r\n"),
      refused("a length of minus zero is refused", "Content-Length: -0\r\n"),
      refused("a hexadecimal length is refused", "Content-Length: 0x10\r\n"),
      refused("a length with a decimal point is refused", "Content-Length: 16.0\r\n"),
      refused("a length with an exponent is refused", "Content-Length: 1e1\r\n"),
      refused("a quoted length is refused", "Content-Length: \"16\"\r\n"),
      refused("text after the length is refused", "Content-Length: 16 x\r\n"),
      refused("two numbers in one length are refused", "Content-Length: 1 6\r\n"),
      refused("a parameter of the length is refused", "Content-Length: 16;q=1\r\n"),
      refused("an underscore in the length is refused", "Content-Length: 1_6\r\n"),
      refused("digits of another script are refused", "Content-Length: \xef\xbc\x91\xef\xbc\x96\r\n"),
      refused("a length of 2^64 + 16 is refused", "Content-Length: 18446744073709551632\r\n", "400|413"),
      refused("a length of 2^63 is refused", "Content-Length: 9223372036854775808\r\n", "400|413"),
      refused("a length of thirty digits is refused", "Content-Length: 999999999999999999999999999999\r\n",
              "400|413"),
      refused("a space before the colon of Content-Length is refused", "Content-Length : 16\r\n"),
      refused("a folded Content-Length is refused", "Content-Length:\r\n 16\r\n"),
      {"content over --max-body is refused by its head",
       "9110 15.5.14",
       post("Content-Length: 1048577\r\n", ""),
       "413",
       closed,
       {says("body_too_large")}},
      {"no length means no content", "9112 6.3", post("", ""), "200|400|411|415|422", either},
      {"a length of zero means no content", "9112 6.3", get("/", "Content-Length: 0\r\n"), "200", open},
      {"content of a GET is taken off the connection", "9110 9.3.1", get("/", kSmuggledLength) + kSmuggled,
       "200|400|413|415", either},
      {"content that looks like a request is content",
       "9112 6",
       post(kSmuggledLength, kSmuggled),
       "400",
       open,
       {says("bad_json")}},
      {"content of HTTP/1.0 is read", "9112 6.3",
       "POST /tasks/spin HTTP/1.0\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
       "16\r\n\r\n" +
           std::string(kContent),
       "422", closed},
  };
}

}  // namespace conformance
