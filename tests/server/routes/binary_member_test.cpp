#include "server/routes/binary_member.h"

#include <doctest/doctest.h>

namespace routes {
namespace {

using ipc::Json;

const Json kPng{{"type", "string"}, {"contentEncoding", "base64"}, {"contentMediaType", "image/png"}};

TEST_CASE("one member of a schema that holds bytes is found, and of several none") {
  const auto found = binary_member({{"properties", {{"picture", kPng}, {"width", {{"type", "integer"}}}}}});
  REQUIRE(found);
  CHECK(found->name == "picture");
  CHECK(found->type == "image/png");
  CHECK_FALSE(binary_member({{"properties", {{"a", kPng}, {"b", kPng}}}}));
  CHECK_FALSE(binary_member({{"properties", {{"a", {{"contentMediaType", "image/png"}}}}}}));
  CHECK_FALSE(binary_member({{"properties", {{"a", true}}}}));
  CHECK_FALSE(binary_member(Json::object()));
  CHECK_FALSE(binary_member(true));
}

TEST_CASE("bytes go through base64 and back, of any length") {
  const BinaryMember member{"picture", "image/png"};
  for (std::size_t size = 0; size < 300; ++size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 37 + size);
    const auto params = Json::parse(params_with(member, bytes, {{"width", 5}}));
    CHECK(params.at("width") == 5);
    CHECK(bytes_of(member, Json{{"result", params}}.dump()) == bytes);
  }
  CHECK(bytes_of(member, R"({"result":{"picture":"aGk="}})") == "hi");
  for (const auto* wrong :
       {R"({"result":{"picture":"a"}})", R"({"result":{"picture":"a*=="}})", R"({"result":{"picture":5}})",
        R"({"result":{}})", R"({"result":5})", "{}", "x"}) {
    CAPTURE(wrong);
    CHECK_FALSE(bytes_of(member, wrong));
  }
}

}  // namespace
}  // namespace routes
