#include "server/front_door/head_scanner.h"

#include <doctest/doctest.h>

#include <string>

namespace front_door {
namespace {

using State = HeadScanner::State;

const std::string kHead = "GET / HTTP/1.1\r\nHost: a\r\nX-B: c\r\n\r\n";

// What a scanner says of a head that comes at once.
State verdict(const std::string& bytes, const Limits& limits = {}) {
  return HeadScanner(limits).scan(bytes);
}

int refused_with(const std::string& bytes, const Limits& limits = {}) {
  HeadScanner scanner(limits);
  return scanner.scan(bytes) == State::refused ? scanner.refusal().status : 0;
}

TEST_CASE("a head ends behind its empty line, in whatever portions it comes") {
  const Limits limits;
  const auto message = kHead + "content";
  for (std::size_t portion = 1; portion <= message.size(); ++portion) {
    HeadScanner scanner(limits);
    auto state = State::more;
    for (std::size_t end = portion; state == State::more && end < message.size() + portion; end += portion)
      state = scanner.scan(std::string_view(message).substr(0, end));
    CHECK(state == State::complete);
    CHECK(scanner.end() == kHead.size());
  }
}

TEST_CASE("every beginning of a head may go on") {
  for (std::size_t size = 0; size < kHead.size(); ++size)
    CHECK(verdict(kHead.substr(0, size)) == State::more);
}

TEST_CASE("up to two empty lines before the request line are passed over") {
  const Limits limits;
  HeadScanner scanner(limits);
  CHECK(scanner.scan("\r\n\r\n" + kHead) == State::complete);
  CHECK(scanner.skipped() == 4);
  CHECK(verdict("\r\n\r\n\r\n" + kHead) == State::refused);
}

TEST_CASE("a bare LF, a folded line and a control character are refused wherever they stand") {
  CHECK(refused_with("GET / HTTP/1.1\nHost: a\r\n\r\n") == 400);
  CHECK(refused_with("GET / HTTP/1.1\r\nHost: a\n\r\n") == 400);
  CHECK(refused_with("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n") == 400);
  CHECK(refused_with("GET / HTTP/1.1\r\nHost : a\r\n\r\n") == 400);
  CHECK(refused_with("GET / HTTP/1.1\r\nHost\r\n\r\n") == 400);
  for (int c = 0; c < 0x20; ++c) {
    if (c == '\t') continue;
    CAPTURE(c);
    CHECK(refused_with("GET / HTTP/1.1\r\nX: a" + std::string(1, static_cast<char>(c)) + "b\r\n\r\n") == 400);
    CHECK(refused_with("GET /" + std::string(1, static_cast<char>(c)) + " HTTP/1.1\r\n\r\n") == 400);
  }
}

TEST_CASE("the request line is method, target and version with one space between them") {
  for (const std::string line : {"GET /", "GET  HTTP/1.1", " GET / HTTP/1.1", "GET / HTTP/11",
                                 "G@T / HTTP/1.1", "GET / http/1.1", "GET / HTTP/1.1 "}) {
    CAPTURE(line);
    CHECK(refused_with(line + "\r\n\r\n") == 400);
  }
}

TEST_CASE("something else than HTTP is refused at its first byte") {
  CHECK(refused_with("\x16") == 400);
}

TEST_CASE("each limit is refused with its status before its line has ended, and not one byte earlier") {
  Limits limits;
  limits.max_head = 300;
  limits.max_request_line = 100;
  const std::string line = "GET /" + std::string(100 - 5 - 11, 'x') + " HTTP/1.1\r\n";
  CHECK(verdict(line, limits) == State::more);
  CHECK(refused_with("GET /" + std::string(96, 'x'), limits) == 414);
  const auto field = "X: " + std::string(300 - 100 - 5 - 2, 'x') + "\r\n";
  CHECK(verdict(line + field + "\r\n", limits) == State::complete);
  CHECK(refused_with(line + field + "Y", limits) == 0);
  CHECK(refused_with(line + field + "Y: ", limits) == 431);
  limits.max_fields = 2;
  CHECK(verdict("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n", limits) == State::complete);
  CHECK(refused_with("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\n", limits) == 431);
}

}  // namespace
}  // namespace front_door
