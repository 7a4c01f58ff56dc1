#include "tests/end_to_end/front_door/conformance_row.h"

namespace conformance {

using enum After;
using namespace std::string_literals;

namespace {

Rows form_rows() {
  return {
      {"the absolute form is served as its path", "9112 3.2.2",
       "GET http://a/healthz HTTP/1.1\r\nHost: a\r\n\r\n", "200", open},
      {"the scheme of the absolute form is read in any case", "9110 4.2.3",
       "GET HTTP://a/healthz HTTP/1.1\r\nHost: a\r\n\r\n", "200", open},
      {"the absolute form without a path means /", "9112 3.2.2", "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n",
       "200", open},
      {"the absolute form without a path keeps its query", "9112 3.2.2",
       "GET http://a?b=c HTTP/1.1\r\nHost: a\r\n\r\n", "200", open},
      {"the authority of the absolute form stands for Host", "9112 3.2.2",
       "GET http://b:80/healthz HTTP/1.1\r\nHost: a\r\n\r\n", "200", open},
      {"the absolute form does not stand for a missing Host", "9112 3.2",
       "GET http://a/healthz HTTP/1.1\r\n\r\n", "400", closed},
      {"an http URI without a host is refused", "9110 4.2.1",
       "GET http:///healthz HTTP/1.1\r\nHost: a\r\n\r\n", "400", closed},
      {"a URI of another scheme is refused", "9112 3.2.2", "GET ftp://a/healthz HTTP/1.1\r\nHost: a\r\n\r\n",
       "400|421", closed},
      {"the authority form is for CONNECT alone", "9112 3.2.3", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "400",
       closed},
      {"the asterisk form is for OPTIONS alone", "9112 3.2.4", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "400",
       closed},
      {"OPTIONS * is answered for the server as a whole", "9112 3.2.4",
       "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "200|204", open},
      {"OPTIONS of an absolute form without a path means *", "9112 3.2.4",
       "OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n", "200|204", open},
      {"a target without its slash is refused", "9112 3.2.1", "GET healthz HTTP/1.1\r\nHost: a\r\n\r\n",
       "400", closed},
  };
}

}  // namespace

Rows target_rows() {
  Rows rows = form_rows();
  const Rows bytes = {
      {"an empty query is fine", "9112 3.2.1", get("/healthz?"), "200", open},
      {"a fragment is no part of a target", "9112 3.2", get("/healthz#top"), "400", closed},
      {"a raw space in a target is refused", "9112 3.2", get("/a b"), "400", closed},
      {"a byte over 7F in a target is refused", "9112 3.2", get("/\xc3\xa9"), "400", closed},
      {"a control character in a target is refused", "9112 3.2", get("/\x01"), "400", closed},
      {"NUL in a target is refused", "9112 3.2", get("/a\0b"s), "400", closed},
      {"DEL in a target is refused", "9112 3.2", get("/\x7f"), "400", closed},
      {"a tab in a target is refused", "9112 3.2", get("/a\tb"), "400", closed},
      {"a bare CR in a target is refused", "9112 2.2", get("/a\rb"), "400", closed},
      {"a bare LF in a target is refused", "9112 2.2", get("/a\nb"), "400", closed},
      {"%0d%0a in a path stays text",
       "9112 11.1",
       get("/healthz%0d%0aX-Injected:%201"),
       "404",
       open,
       {lacks_field("X-Injected")}},
      {"%0d%0a in a query stays text",
       "9112 11.1",
       get("/healthz?a=%0d%0aX-Injected:%201%0d%0a%0d%0aGET%20/"),
       "200",
       open,
       {lacks_field("X-Injected")}},
      {"%00 in a path is text too", "9110 4.2.5", get("/healthz%00"), "400|404", either},
      {"a broken percent-encoding is answered", "9110 4.2.5", get("/%zz"), "400|404", either},
  };
  rows.insert(rows.end(), bytes.begin(), bytes.end());
  return rows;
}

}  // namespace conformance
