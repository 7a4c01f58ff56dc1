#include "tests/end_to_end/front_door/conformance_row.h"

namespace conformance {

using enum After;
using namespace std::string_literals;

namespace {

const std::string kChunks = "10\r\n" + std::string(kContent) + "\r\n0\r\n\r\n";

Row refused(std::string what, const std::string& fields, std::string answers = "400") {
  return {std::move(what), "9112 6.1", post(fields, kChunks), std::move(answers), closed};
}

Row read(std::string what, const std::string& fields) {
  return {std::move(what), "9112 6.1", post(fields, kChunks), "422", open};
}

}  // namespace

Rows transfer_encoding_rows() {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  return {
      read("chunked content is read", chunked),
      read("the coding's name is read in any case", "Transfer-Encoding: cHUNKed\r\n"),
      read("the field's name is read in any case", "transfer-encoding: chunked\r\n"),
      read("white space around the coding is no part of it", "Transfer-Encoding: \tchunked \t\r\n"),
      refused("Content-Length before Transfer-Encoding is refused", std::string(kContentLength) + chunked),
      refused("Transfer-Encoding before Content-Length is refused", chunked + std::string(kContentLength)),
      refused("an unknown coding beside Content-Length is refused",
              "Transfer-Encoding: x\r\n" + std::string(kContentLength), "400|501"),
      refused("a Transfer-Encoding of another coding is refused", "Transfer-Encoding: gzip\r\n", "400|501"),
      refused("a coding before chunked is not implemented", "Transfer-Encoding: gzip, chunked\r\n", "501"),
      refused("chunked must be the last coding", "Transfer-Encoding: chunked, gzip\r\n", "400|501"),
      refused("chunked twice is refused", "Transfer-Encoding: chunked, chunked\r\n"),
      refused("chunked in two fields is refused", chunked + chunked),
      refused("a second Transfer-Encoding is refused", chunked + "Transfer-Encoding: identity\r\n",
              "400|501"),
      refused("a Transfer-Encoding spread over two fields is refused",
              "Transfer-Encoding: gzip\r\n" + chunked, "400|501"),
      refused("identity is obsolete", "Transfer-Encoding: identity\r\n", "400|501"),
      refused("identity before chunked is obsolete too", "Transfer-Encoding: identity, chunked\r\n",
              "400|501"),
      refused("x-chunked is not chunked", "Transfer-Encoding: x-chunked\r\n", "400|501"),
      refused("chunkedfoo is not chunked", "Transfer-Encoding: chunkedfoo\r\n", "400|501"),
      refused("chunk is not chunked", "Transfer-Encoding: chunk\r\n", "400|501"),
      refused("a quoted coding is refused", "Transfer-Encoding: \"chunked\"\r\n", "400|501"),
      refused("a parameter of chunked is refused", "Transfer-Encoding: chunked;q=1\r\n", "400|501"),
      refused("an empty Transfer-Encoding is refused", "Transfer-Encoding:\r\n"),
      refused("a Transfer-Encoding of commas is refused", "Transfer-Encoding: ,\r\n", "400|501"),
      refused("two words in one coding are refused", "Transfer-Encoding: x chunked\r\n", "400|501"),
      refused("a vertical tab before the coding is refused", "Transfer-Encoding: \vchunked\r\n"),
      refused("NUL after the coding is refused", "Transfer-Encoding: chunked\0\r\n"s),
      refused("a byte over 7F after the coding is refused", "Transfer-Encoding: chunked\x80\r\n", "400|501"),
      refused("a space before the colon of Transfer-Encoding is refused", "Transfer-Encoding : chunked\r\n"),
      refused("a folded Transfer-Encoding is refused", "Transfer-Encoding:\r\n chunked\r\n"),
      refused("a bare CR before the coding is refused", "Transfer-Encoding: \rchunked\r\n"),
      refused("a bare LF before Transfer-Encoding is refused", "X-A: 1\nTransfer-Encoding: chunked\r\n"),
      {"a name that only resembles Transfer-Encoding is another field", "9110 5.1",
       post("Transfer_Encoding: chunked\r\n" + std::string(kContentLength), kContent), "422", open},
      {"HTTP/1.0 has no Transfer-Encoding", "9112 6.1",
       "POST /tasks/spin HTTP/1.0\r\nHost: a\r\nContent-Type: application/json\r\n" + chunked +
           "Connection: keep-alive\r\n\r\n" + kChunks,
       "400", closed},
      {"a GET may carry chunks", "9110 9.3.1", get("/", chunked) + "5\r\nhello\r\n0\r\n\r\n",
       "200|400|413|415", either},
      {"TE is no Transfer-Encoding", "9110 10.1.4", get("/", "TE: trailers, chunked\r\nConnection: TE\r\n"),
       "200", open},
  };
}

}  // namespace conformance
