#include "tests/end_to_end/front_door/conformance_row.h"

namespace conformance {

using enum After;

namespace {

Row after_11(std::string what, const std::string& fields, After after) {
  return {std::move(what), "9112 9.3", get("/healthz", fields), "200", after};
}

Row after_10(std::string what, const std::string& fields, After after, std::vector<Check> checks = {}) {
  return {std::move(what), "9112 9.3", "GET /healthz HTTP/1.0\r\nHost: a\r\n" + fields + "\r\n",
          "200",           after,      std::move(checks)};
}

}  // namespace

Rows connection_rows() {
  return {
      after_11("HTTP/1.1 keeps the connection", "", open),
      after_11("close closes", "Connection: close\r\n", closed),
      after_11("close is read in any case", "cONNECTION: cLOSE\r\n", closed),
      after_11("close first in a list closes", "Connection: close, X-A\r\n", closed),
      after_11("close last in a list closes", "Connection: X-A ,\tclose\r\n", closed),
      after_11("close in a list with empty elements closes", "Connection: ,, close ,\r\n", closed),
      after_11("close in a second field closes", "Connection: X-A\r\nConnection: close\r\n", closed),
      after_11("close beats keep-alive", "Connection: keep-alive, close\r\n", closed),
      after_11("close is a whole word", "Connection: closed, x-close\r\n", open),
      after_11("keep-alive changes nothing for HTTP/1.1", "Connection: keep-alive\r\n", open),
      after_11("an empty Connection changes nothing", "Connection:\r\n", open),
      after_11("Proxy-Connection is no Connection", "Proxy-Connection: close\r\n", open),
      after_11("a Connection that names Host does not take it away", "Connection: Host\r\n", open),
      after_10("HTTP/1.0 closes", "", closed),
      after_10("HTTP/1.0 with keep-alive keeps the connection, and is told so", "Connection: keep-alive\r\n",
               open, {has_field_with("Connection", "eep-")}),
      after_10("keep-alive is read in any case", "Connection: Keep-Alive\r\n", open),
      after_10("keep-alive in a list keeps the connection", "Connection: X-A, keep-alive\r\n", open),
      after_10("close beats keep-alive in HTTP/1.0", "Connection: keep-alive, close\r\n", closed),
  };
}

}  // namespace conformance
