#include "tests/end_to_end/front_door/conformance_row.h"

namespace conformance {

using enum After;
using namespace std::string_literals;

namespace {

std::string repeated(int count, std::string_view line) {
  std::string lines;
  for (int i = 0; i < count; ++i) lines += line;
  return lines;
}

Rows name_rows() {
  return {
      {"white space before the colon is refused", "9112 5.1", get("/", "X-A : 1\r\n"), "400", closed},
      {"a tab before the colon is refused", "9112 5.1", get("/", "X-A\t: 1\r\n"), "400", closed},
      {"a line without colon is refused", "9112 5", get("/", "X-A\r\n"), "400", closed},
      {"an empty field name is refused", "9112 5", get("/", ": 1\r\n"), "400", closed},
      {"a space in a field name is refused", "9110 5.1", get("/", "X A: 1\r\n"), "400", closed},
      {"a delimiter in a field name is refused", "9110 5.1", get("/", "X(A): 1\r\n"), "400", closed},
      {"a byte over 7F in a field name is refused", "9110 5.1", get("/", "X-\xe9: 1\r\n"), "400", closed},
      {"NUL in a field name is refused", "9110 5.1", get("/", "X-\0A: 1\r\n"s), "400", closed},
      {"a bare CR in a field name is refused", "9112 2.2", get("/", "X-\rA: 1\r\n"), "400", closed},
      {"white space before the first field is refused", "9112 2.2",
       "GET / HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n", "400", closed},
      {"a folded line is refused", "9112 5.2", get("/", "X-A: 1\r\n 2\r\n"), "400", closed},
      {"a line folded with a tab is refused", "9112 5.2", get("/", "X-A: 1\r\n\t2\r\n"), "400", closed},
      {"a line of white space alone is refused", "9112 5.2", get("/", "X-A: 1\r\n \r\n"), "400", closed},
  };
}

Rows value_rows() {
  return {
      {"Authorization twice is refused, be they equal", "9110 5.3",
       get("/", "Authorization: Bearer a\r\nauthorization: Bearer a\r\n"), "400", closed},
      {"an empty value is fine", "9110 5.5", get("/", "X-A:\r\n"), "200", open},
      {"a tab in a value is fine", "9110 5.5", get("/", "X-A: 1\t2\r\n"), "200", open},
      {"a byte over 7F in a value is opaque", "9110 5.5", get("/", "X-A: \xc3\xa9\r\n"), "200", open},
      {"NUL in a value is refused", "9110 5.5", get("/", "X-A: 1\0002\r\n"s), "400", closed},
      {"a control character in a value is refused", "9110 5.5", get("/", "X-A: 1\x01\r\n"), "400", closed},
      {"a vertical tab in a value is refused", "9110 5.5", get("/", "X-A: 1\v2\r\n"), "400", closed},
      {"DEL in a value is refused", "9110 5.5", get("/", "X-A: 1\x7f\r\n"), "400", closed},
      {"a bare CR in a value is refused", "9112 2.2", get("/", "X-A: 1\r2\r\n"), "400", closed},
      {"a CR before CRLF is refused", "9112 2.2", get("/", "X-A: 1\r\r\n"), "400", closed},
      {"a field ended by a bare LF is refused", "9112 2.2", get("/", "X-A: 1\nX-B: 2\r\n"), "400", closed},
      {"a head ended by a bare LF is refused", "9112 2.2", "GET / HTTP/1.1\r\nHost: a\r\n\n", "400", closed},
      {"a head ended by CR and no LF is refused", "9112 2.2", "GET / HTTP/1.1\r\nHost: a\r\n\rX", "400",
       closed},
      {"bare LFs throughout are refused", "9112 2.2", "GET / HTTP/1.1\nHost: a\n\n", "400", closed},
      {"%0d%0a in a value stays text",
       "9112 11.1",
       get("/", "X-Request-Id: a%0d%0aX-Injected: 1\r\n"),
       "200",
       open,
       {lacks_field("X-Injected")}},
      {"REMOTE_ADDR is a field like any other", "9110 5.1",
       get("/", "REMOTE_ADDR: 6.6.6.6\r\nREMOTE_PORT: 66\r\nLOCAL_ADDR: 6.6.6.6\r\nLOCAL_PORT: x\r\n"),
       "200|400", either},
  };
}

Rows size_rows() {
  const std::string kilobyte = "X-A: " + std::string(1000, 'x') + "\r\n";
  return {
      {"a field line of 8,000 bytes is read", "9110 5.4", get("/", "X-A: " + std::string(7995, 'x') + "\r\n"),
       "200", open},
      {"a field line over the limit is refused", "9110 5.4",
       get("/", "X-A: " + std::string(20'000, 'x') + "\r\n"), "431", closed},
      {"a field line without end is refused", "9110 5.4",
       "GET / HTTP/1.1\r\nHost: a\r\nX-A: " + std::string(70'000, 'x'), "431", closed},
      {"a field name without end is refused", "9110 5.4",
       "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(70'000, 'x'), "431", closed},
      {"a head over the limit is refused", "9110 5.4", get("/", repeated(70, kilobyte)), "431", closed},
      {"100 fields are read", "9110 5.4", get("/", repeated(99, "X-A: 1\r\n")), "200", open},
      {"101 fields are refused", "9110 5.4", get("/", repeated(100, "X-A: 1\r\n")), "431", closed},
  };
}

Rows ignored_rows() {
  return {
      {"a Range is ignored",
       "9110 14.2",
       get("/", "Range: bytes=0-3\r\n"),
       "200",
       open,
       {lacks_field("Content-Range"), lacks_field("Accept-Ranges")}},
      {"a malformed Range is ignored", "9110 14.2", get("/", "Range: bytes=9-x,-\r\n"), "200", open},
      {"a Range far beyond the content is ignored", "9110 14.2", get("/", "Range: bytes=99999999-\r\n"),
       "200", open},
      {"content is never compressed",
       "9110 12.5.3",
       get("/", "Accept-Encoding: gzip, br, zstd\r\n"),
       "200",
       open,
       {lacks_field("Content-Encoding")}},
      {"an Upgrade is ignored", "9110 7.8",
       get("/", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), "200",
       open},
  };
}

}  // namespace

Rows field_rows() {
  Rows rows = name_rows();
  for (const auto& more : {value_rows(), size_rows(), ignored_rows()}) {
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return rows;
}

}  // namespace conformance
