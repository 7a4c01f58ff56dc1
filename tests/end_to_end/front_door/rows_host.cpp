#include "tests/end_to_end/front_door/conformance_row.h"

namespace conformance {

using enum After;

Rows host_rows() {
  const auto with = [](const std::string& lines) { return "GET /healthz HTTP/1.1\r\n" + lines + "\r\n"; };
  Rows rows = {
      {"a missing Host is refused", "9112 3.2", with(""), "400", closed},
      {"HTTP/1.0 may come without Host", "9112 3.2", "GET /healthz HTTP/1.0\r\n\r\n", "200", closed},
      {"Host twice is refused, be they equal", "9112 3.2", with("Host: a\r\nHost: a\r\n"), "400", closed},
      {"Host twice is refused, be they different", "9112 3.2", with("Host: a\r\nHost: b\r\n"), "400", closed},
      {"Host twice is refused in HTTP/1.0 as well", "9112 3.2",
       "GET /healthz HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "400", closed},
      {"an empty Host is well-formed", "9112 3.2", with("Host:\r\n"), "200|400", either},
      {"Host without a space after its colon is read", "9112 5.1", with("Host:a\r\n"), "200", open},
      {"white space around Host's value is no part of it", "9112 5.1", with("Host: \t a \t \r\n"), "200",
       open},
      {"HOST is read in any case", "9110 5.1", with("hOST: a\r\n"), "200", open},
  };
  for (const std::string host :
       {"a:8080", "127.0.0.1:80", "[::1]:80", "[::1]", "a:", "xn--bcher-kva.example"}) {
    rows.push_back({"Host: " + host + " is read", "9110 7.2", with("Host: " + host + "\r\n"), "200", open});
  }
  for (const std::string host : {"a b", "a/b", "user@a", "http://a", "a:port", "a:-1", "a:80:80", "[::1",
                                 "[::1]x", ":80", "a, b", "a?b", "a#b", "a\\b", "a\tb"}) {
    const std::string shown = host == "a\tb" ? "a<TAB>b" : host;
    rows.push_back(
        {"Host: " + shown + " is refused", "9112 3.2", with("Host: " + host + "\r\n"), "400", closed});
  }
  rows.push_back({"Host with a byte over 7F is refused", "9112 3.2",
                  with("Host: b\xc3\xbc"
                       "cher\r\n"),
                  "400", closed});
  return rows;
}

}  // namespace conformance
