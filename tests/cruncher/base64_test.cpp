#include "cruncher/base64.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using cruncher::from_base64;

std::string encoded(std::string_view text) {
  return cruncher::to_base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

TEST_CASE("the test vectors of RFC 4648 section 10, both ways") {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [text, base64] : vectors) {
    CHECK(encoded(text) == base64);
    CHECK(from_base64(base64) == text);
  }
}

TEST_CASE("all bytes survive the way there and back") {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += static_cast<char>(i * 7);
  CHECK(from_base64(encoded(bytes)) == bytes);
}

TEST_CASE("what is no base64 is refused") {
  for (const char* text : {"Z", "Zg=", "Zg==Zg==", "Z g=", "Zm9\n", "====", "Z===", "Zm-_"}) {
    CAPTURE(text);
    CHECK_FALSE(from_base64(text));
  }
}

}  // namespace
