#include "tests/end_to_end/front_door/conformance_row.h"

namespace conformance {

using enum After;

// RFC 9112 section 2.3: versions are case-sensitive, of one digit each; 505 is for a major version that is
// not served.
namespace {

Rows version_rows() {
  const std::string malformed_or_unsupported = "400|505";
  Rows rows;
  for (const std::string version :
       {"HTTP/0.9",  "HTTP/1.2", "HTTP/2.0", "HTTP/3.0",  "HTTP/1.10", "HTTP/11.1",  "HTTP/1",
        "HTTP/1.",   "HTTP/.1",  "HTTP/1,1", "HTTP/+1.1", "HTTP/1.1x", "http/1.1",   "Http/1.1",
        "HTTPS/1.1", "ICY/1.1",  "HTTP",     "HTTP/",     "1.1",       "HTTP/1.\xb9"}) {
    const std::string shown = version == "HTTP/1.\xb9" ? "HTTP/1.<B9>" : version;
    rows.push_back({"the version " + shown + " is refused", "9112 2.3",
                    "GET / " + version + "\r\nHost: a\r\n\r\n", malformed_or_unsupported, closed});
    rows.push_back({"the version " + shown + " is refused in a head of one line", "9112 2.3",
                    "GET / " + version + "\r\n\r\n", malformed_or_unsupported, closed});
  }
  rows.push_back({"a version of one byte is refused", "9112 2.3", "GET / H\r\n\r\n", "400", closed});
  rows.push_back({"HTTP/1.0 is served", "9112 2.3", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", "200", closed});
  return rows;
}

}  // namespace

Rows request_line_rows() {
  Rows rows = {
      {"a plain request is served", "9112 3", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "200", open},
      {"an empty line before the request line is ignored", "9112 2.2",
       "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "200", open},
      {"a flood of empty lines is not read for ever", "9112 2.2",
       [] {
         std::string flood;
         for (int i = 0; i < 20'000; ++i) flood += "\r\n";
         return flood;
       }(),
       "400|414|431", closed},
      {"a bare LF before the request line is refused", "9112 2.2", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
       "400", closed},
      {"a bare CR before the request line is refused", "9112 2.2", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n",
       "400", closed},
      {"white space before the method is refused", "9112 3", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", "400",
       closed},
      {"two spaces after the method are refused", "9112 3", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400",
       closed},
      {"two spaces before the version are refused", "9112 3", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "400",
       closed},
      {"a tab for a space is refused", "9112 3", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", "400", closed},
      {"a space after the version is refused", "9112 3", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "400", closed},
      {"a request line without target is refused", "9112 3", "GET HTTP/1.1\r\nHost: a\r\n\r\n", "400",
       closed},
      {"a request line without version (HTTP/0.9) is refused", "9112 3", "GET /\r\n\r\n", "400|505", closed},
      {"a request line of one word is refused", "9112 3", "GET\r\n\r\n", "400", closed},
      {"a request line ended by a bare LF is refused", "9112 2.2", "GET / HTTP/1.1\nHost: a\r\n\r\n", "400",
       closed},
      {"a request line ended by a bare CR is refused", "9112 2.2", "GET / HTTP/1.1\rHost: a\r\n\r\n", "400",
       closed},
      {"the first line of HTTP/2 is refused", "9112 2.3", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400|501|505",
       closed},
      {"a TLS hello is refused", "9112 3",
       std::string("\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n", 13), "400", closed},
      {"a request line of 8,000 bytes is read", "9112 3",
       get("/?" + std::string(8000 - std::string_view("GET /? HTTP/1.1").size(), 'x')), "200", open},
      {"a request line over the limit is refused", "9112 3", get("/" + std::string(20'000, 'x')), "414",
       closed},
      {"a request line without end is refused", "9112 3", "GET /" + std::string(70'000, 'x'), "414", closed},
  };
  for (auto& row : version_rows()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace conformance
