#include "ipc/line_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using ipc::LineReader;

std::vector<std::string> lines_of(LineReader& reader) {
  std::vector<std::string> lines;
  while (auto line = reader.next()) lines.push_back(std::move(*line));
  return lines;
}

TEST_CASE("the same lines come out however the bytes are cut") {
  const std::string bytes = "one\n\ntwo\r\nthree";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    CAPTURE(step);
    LineReader reader(10);
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      reader.feed(std::string_view(bytes).substr(at, step));
      for (auto& line : lines_of(reader)) lines.push_back(std::move(line));
    }
    CHECK(lines == std::vector<std::string>{"one", "", "two\r"});
    CHECK(reader.buffered() == 5);
    CHECK_FALSE(reader.overflowed());
  }
}

TEST_CASE("lines may also be taken only after everything was fed") {
  LineReader reader(3);
  reader.feed("a\nbb\n");
  reader.feed("ccc\nd");
  CHECK(reader.next() == "a");
  reader.feed("d\n");
  CHECK(lines_of(reader) == std::vector<std::string>{"bb", "ccc", "dd"});
  CHECK(reader.buffered() == 0);
}

TEST_CASE("a line of the longest length is read, one byte more overflows at once and for good") {
  LineReader reader(4);
  reader.feed("1234\n1234");
  CHECK_FALSE(reader.overflowed());
  reader.feed("5");
  CHECK(reader.overflowed());
  reader.feed("\nnext\n");
  CHECK(lines_of(reader) == std::vector<std::string>{"1234"});
  CHECK(reader.overflowed());
  CHECK(reader.buffered() == 0);
}

TEST_CASE("a long line in the middle of a portion overflows even though its end has come") {
  LineReader reader(2);
  reader.feed("a\nlong\nb\n");
  CHECK(reader.overflowed());
  CHECK(lines_of(reader) == std::vector<std::string>{"a"});
}

TEST_CASE("an endless line costs no memory beyond its limit") {
  LineReader reader(1000);
  const std::string chunk(65536, 'x');
  for (int i = 0; i < 1000; ++i) reader.feed(chunk);
  CHECK(reader.overflowed());
  CHECK(reader.buffered() == 0);
}

TEST_CASE("what was not given out can be had at the end") {
  LineReader reader(1000);
  reader.feed("first\nsecond\nthi");
  CHECK(reader.next() == "first");
  CHECK(reader.give_up().ends_with("second\nthi"));
  CHECK(reader.buffered() == 0);
  CHECK_FALSE(reader.next());
}

}  // namespace
