// What a Range field asks for.

#include "server/routes/byte_range.h"

#include <doctest/doctest.h>

#include <string>

namespace routes {
namespace {

// "offset+size", "none" for the whole, "beyond".
std::string range(std::string_view field, std::uint64_t size = 100) {
  const auto asked = byte_range(field, size);
  if (!asked) return "none";
  if (std::holds_alternative<NoSuchRange>(*asked)) return "beyond";
  const auto part = std::get<ByteRange>(*asked);
  return std::to_string(part.offset) + "+" + std::to_string(part.size);
}

TEST_CASE("a range is what it says, within the content") {
  CHECK(range("bytes=0-0") == "0+1");
  CHECK(range("bytes=10-19") == "10+10");
  CHECK(range("bytes=90-") == "90+10");
  CHECK(range("bytes=90-5000") == "90+10");
  CHECK(range("bytes=-10") == "90+10");
  CHECK(range("bytes=-1000") == "0+100");
  CHECK(range("bytes=0-99999999999999999999999") == "0+100");
}

TEST_CASE("a range beyond the content is none of it") {
  CHECK(range("bytes=100-") == "beyond");
  CHECK(range("bytes=-0") == "beyond");
  CHECK(range("bytes=0-", 0) == "beyond");
  CHECK(range("bytes=99999999999999999999999-") == "beyond");
}

TEST_CASE("what cannot be read, or asks for several, has the whole as its answer") {
  for (const auto* field : {"", "bytes", "bytes=", "bytes=-", "bytes=5", "bytes=9-5", "bytes=a-b",
                            "lines=1-2", "bytes=0-1,5-6", "bytes=+1-2", "bytes= 1-2"}) {
    CAPTURE(field);
    CHECK(range(field) == "none");
  }
}

}  // namespace
}  // namespace routes
