#include "tests/end_to_end/front_door/conformance_row.h"

namespace conformance {

using enum After;

namespace {

const std::string kLength(kContentLength);

Row expecting(std::string what, const std::string& fields, std::string answers, After after,
              std::vector<Check> checks = {}) {
  return {std::move(what),    "9110 10.1.1", post(fields, kContent),
          std::move(answers), after,         std::move(checks)};
}

}  // namespace

Rows expectation_rows() {
  return {
      expecting("100-continue is honoured", "Expect: 100-continue\r\n" + kLength, "(100 )?422", open),
      expecting("100-continue is read in any case", "expect: 100-CONTINUE\r\n" + kLength, "(100 )?422", open),
      {"100-continue is honoured for chunks", "9110 10.1.1",
       post("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n",
            "10\r\n" + std::string(kContent) + "\r\n0\r\n\r\n"),
       "(100 )?422", open},
      {"100-continue without content is answered at once", "9110 10.1.1",
       get("/", "Expect: 100-continue\r\n"), "(100 )?200", open},
      expecting("another expectation is refused", "Expect: 200-ok\r\n" + kLength, "417", either),
      expecting("an expectation that only resembles 100-continue is refused",
                "Expect: 100-continued\r\n" + kLength, "417", either),
      expecting("another expectation in a list is refused", "Expect: 100-continue, fast\r\n" + kLength, "417",
                either),
      {"an expectation of HTTP/1.0 is ignored", "9110 10.1.1",
       "POST /tasks/spin HTTP/1.0\r\nHost: a\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n" +
           kLength + "\r\n" + std::string(kContent),
       "422", closed},
      {"content that will be too large is refused before it is sent",
       "9110 10.1.1",
       post("Expect: 100-continue\r\nContent-Length: 1048577\r\n", ""),
       "413",
       closed,
       {says("body_too_large")}},
      {"content of another type is refused, be it asked for or not",
       "9110 10.1.1",
       "POST /tasks/spin HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\n" +
           kLength + "\r\n" + std::string(kContent),
       "415",
       either,
       {says("unsupported_media_type")}},
  };
}

}  // namespace conformance
