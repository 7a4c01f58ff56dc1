#include "tests/end_to_end/front_door/conformance_row.h"

namespace conformance {

using enum After;
using namespace std::string_literals;

namespace {

const std::string kBody(kContent);
const std::string kEnd = "\r\n0\r\n\r\n";

/// The content in one chunk with this size line, its CRLF not included.
Row sized(std::string what, const std::string& size, std::string answers, After after,
          std::string section = "9112 7.1") {
  return {std::move(what), std::move(section), post_chunked(size + "\r\n" + kBody + kEnd), std::move(answers),
          after};
}

Row refused(std::string what, const std::string& chunks, std::string answers = "400") {
  return {std::move(what), "9112 7.1", post_chunked(chunks), std::move(answers), closed};
}

Row with_trailers(std::string what, const std::string& lines, std::string answers, After after,
                  std::vector<Check> checks = {}) {
  return {std::move(what),    "9112 7.1.2", post_chunked("10\r\n" + kBody + "\r\n0\r\n" + lines + "\r\n"),
          std::move(answers), after,        std::move(checks)};
}

Rows size_rows() {
  return {
      sized("zeros before a chunk size are digits", "00000010", "422", open),
      sized("a chunk size of a thousand zeros is no way to keep the server busy",
            std::string(1000, '0') + "10", "400|422", either),
      sized("a chunk size of 10,000 digits is refused", std::string(10'000, '0') + "10", "400", closed),
      sized("a chunk size with a positive sign is refused", "+10", "400", closed),
      sized("a negative chunk size is refused", "-10", "400", closed),
      sized("a chunk size with the prefix 0x is refused", "0x10", "400", closed),
      sized("a chunk size of other letters is refused", "1g", "400", closed),
      sized("an empty chunk size is refused", "", "400", closed),
      sized("a chunk size of nothing but an extension is refused", ";a=b", "400", closed),
      sized("a space before a chunk size is refused", " 10", "400", closed),
      sized("a tab before a chunk size is refused", "\t10", "400", closed),
      sized("text after a chunk size is refused", "10 x", "400", closed),
      sized("a comma after a chunk size is refused", "10,", "400", closed),
      sized("NUL after a chunk size is refused", "10\0"s, "400", closed),
      sized("a chunk size of 2^64 is refused", "10000000000000000", "400|413", closed),
      sized("a chunk size of 2^64 + 16 is refused", "10000000000000010", "400|413", closed),
      sized("a chunk size of 2^64 - 1 is refused", "ffffffffffffffff", "400|413", closed),
      sized("a chunk size of 2^63 - 1 is refused", "7fffffffffffffff", "400|413", closed),
      sized("a chunk over --max-body is refused by its size", "100001", "413", closed),
      {"chunks that go over --max-body together are refused", "9110 15.5.14",
       post_chunked("4\r\n{\"a\"\r\nffffd\r\n"s + std::string(0xffffd, ' ') + kEnd), "413", closed},
      {"hexadecimal digits are read in any case", "9112 7.1",
       post_chunked("a\r\n" + kBody.substr(0, 10) + "\r\n6\r\n" + kBody.substr(10) + "\r\nA\r\n          " +
                    kEnd),
       "422", open},
  };
}

Rows extension_rows() {
  const std::string section = "9112 7.1.1";
  return {
      sized("a chunk extension is ignored", "10;a=b", "422", open, section),
      sized("a chunk extension without value is ignored", "10;a", "422", open, section),
      sized("a quoted chunk extension is ignored", "10;a=\"b;c\"", "422", open, section),
      sized("several chunk extensions are ignored", "10;a=b;c=d;e", "422", open, section),
      sized("white space around a chunk extension is answered", "10 ; a = b", "400|422", either, section),
      sized("a chunk extension without name is refused", "10;=b", "400", closed, section),
      sized("a bare LF within a chunk extension is refused", "10;a\nb", "400", closed, section),
      sized("a bare CR within a chunk extension is refused", "10;a\rb", "400", closed, section),
      sized("a quoted bare LF in a chunk extension is refused", "10;a=\"\n\"", "400", closed, section),
      sized("NUL in a chunk extension is refused", "10;a\0b"s, "400", closed, section),
      sized("a chunk extension of 20 KB is refused", "10;a=" + std::string(20'000, 'x'), "400|413|431",
            closed, section),
      {"an extension of the last chunk is ignored", section,
       post_chunked("10\r\n" + kBody + "\r\n0;a=b\r\n\r\n"), "422", open},
  };
}

Rows line_end_rows() {
  return {
      refused("a bare LF after a chunk size is refused", "10\n" + kBody + kEnd),
      refused("a bare CR after a chunk size is refused", "10\r" + kBody + kEnd),
      refused("a missing CRLF after a chunk is refused", "10\r\n" + kBody + "0\r\n\r\n"),
      refused("a bare LF after a chunk is refused", "10\r\n" + kBody + "\n0\r\n\r\n"),
      refused("a bare CR after a chunk is refused", "10\r\n" + kBody + "\r0\r\n\r\n"),
      refused("two bytes that are no CRLF after a chunk are refused", "10\r\n" + kBody + "XX0\r\n\r\n"),
      refused("a chunk longer than its size is refused", "f\r\n" + kBody + kEnd),
      refused("a chunk shorter than its size is refused", "11\r\n" + kBody + kEnd),
      refused("a bare LF after the last chunk is refused", "10\r\n" + kBody + "\r\n0\n\r\n"),
      refused("a missing line after the last chunk is refused", "10\r\n" + kBody + "\r\n0\r\n"),
      refused("a final bare LF is refused", "10\r\n" + kBody + "\r\n0\r\n\n"),
  };
}

Rows trailer_rows() {
  return {
      with_trailers("a trailer is read over", "X-A: 1\r\n", "422", open),
      with_trailers(
          "a trailer never becomes a header", "X-Request-Id: from-trailer\r\n", "422", open,
          {{"an X-Request-Id of the server's own",
            [](const Answers& answers) { return answers.back().field("X-Request-Id") != "from-trailer"; }}}),
      with_trailers("a Content-Length in the trailers frames nothing", "Content-Length: 500\r\n", "400|422",
                    either),
      with_trailers("a Transfer-Encoding in the trailers frames nothing", "Transfer-Encoding: chunked\r\n",
                    "400|422", either),
      with_trailers("a Host in the trailers is none", "Host: b\r\n", "400|422", either),
      with_trailers("a Connection in the trailers is none", "Connection: close\r\n", "400|422", either),
      with_trailers("a trailer without colon is refused", "X-A\r\n", "400", closed),
      with_trailers("a space before a trailer's colon is refused", "X-A : 1\r\n", "400", closed),
      with_trailers("a folded trailer is refused", "X-A: 1\r\n 2\r\n", "400", closed),
      with_trailers("white space before the first trailer is refused", " X-A: 1\r\n", "400", closed),
      with_trailers("NUL in a trailer is refused", "X-A: 1\0\r\n"s, "400", closed),
      with_trailers("a bare CR in a trailer is refused", "X-A: 1\r2\r\n", "400", closed),
      with_trailers("a trailer ended by a bare LF is refused", "X-A: 1\nX-B: 2\r\n", "400", closed),
      with_trailers("trailers of 20 KB are refused", "X-A: " + std::string(20'000, 'x') + "\r\n",
                    "400|413|431", closed),
      with_trailers(
          "ten thousand trailers are refused",
          [] {
            std::string lines;
            for (int i = 0; i < 10'000; ++i) lines += "X: 1\r\n";
            return lines;
          }(),
          "400|413|431", closed),
  };
}

}  // namespace

Rows chunk_rows() {
  Rows rows;
  for (const auto& some : {size_rows(), extension_rows(), line_end_rows(), trailer_rows()}) {
    rows.insert(rows.end(), some.begin(), some.end());
  }
  return rows;
}

}  // namespace conformance
