#include "server/identity/api_keys.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/harness/temporary_directory.h"

namespace identity {
namespace {

constexpr char kHashOfA[] = "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
constexpr char kHashOfB[] = "sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d";

ApiKeys read(const std::string& text) {
  const harness::TemporaryDirectory directory;
  return ApiKeys::read(directory.write("keys", text));
}

std::string fault(const std::string& text) {
  try {
    read(text);
    return "";
  } catch (const BadKeys& error) {
    return error.what();
  }
}

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

TEST_CASE("a line is a client without bounds, a table one with terms, and other keys are nobody's") {
  const auto keys = read("alice = " + quoted(kHashOfA) + "\nbob = { key = " + quoted(kHashOfB) +
                         ", running = 2, waiting = 0, weight = 0.5 }\n");
  REQUIRE(keys.find("a"));
  CHECK(keys.find("a")->name == "alice");
  CHECK(keys.find("a")->running == process::Client::kUnbounded);
  REQUIRE(keys.find("b"));
  CHECK(keys.find("b")->name == "bob");
  CHECK(keys.find("b")->running == 2);
  CHECK(keys.find("b")->waiting == 0);
  CHECK(keys.find("b")->weight == 0.5);
  for (const auto* nobody : {"", "A", "aa", kHashOfA}) CHECK_FALSE(keys.find(nobody));
}

TEST_CASE("a made key is found by the line made with it, and no two are alike") {
  for (const std::string name : {"alice", "host.example", "0"}) {
    const auto made = make_key(name), other = make_key(name);
    CHECK(made.key.size() == 43);
    CHECK(made.key != other.key);
    CHECK(made.line.find(made.key) == std::string::npos);
    const auto keys = read(made.line + "\n");
    REQUIRE(keys.find(made.key));
    CHECK(keys.find(made.key)->name == name);
    CHECK_FALSE(keys.find(other.key));
  }
  for (const std::string name : {"", "a b", "a\n", "\xc3\xa4"}) CHECK_THROWS_AS(make_key(name), BadKeys);
}

TEST_CASE("what is no list of keys is refused with its place, and a key set there by mistake is not told") {
  const std::string a = quoted(kHashOfA);
  const struct {
    std::string text, part;
  } faults[] = {
      {"alice = \n", "keys:1:"},
      {"\nalice = \"secret\"\n", "keys:2:"},
      {"alice = " + quoted(std::string(kHashOfA).substr(0, 70)) + "\n", "64 hex digits"},
      {"alice = " + quoted(std::string(kHashOfA).substr(0, 70) + "g") + "\n", "64 hex digits"},
      {"alice = 1\n", "64 hex digits"},
      {"\"a b\" = " + a + "\n", "letters"},
      {"alice = " + a + "\nbob = " + a + "\n", "same key as alice"},
      {"[alice]\nrunning = 1\n", "no key"},
      {"[alice]\nkey = " + a + "\nrunning = 0\n", "alice.running"},
      {"[alice]\nkey = " + a + "\nwaiting = -1\n", "alice.waiting"},
      {"[alice]\nkey = " + a + "\nweight = 0\n", "alice.weight"},
      {"[alice]\nkey = " + a + "\nweight = nan\n", "alice.weight"},
      {"[alice]\nkey = " + a + "\nrunnin = 1\n", "alice.runnin"},
      {std::string((1 << 20) + 1, '#'), "1048576 bytes"},
  };
  for (const auto& [text, part] : faults) {
    const auto begin = text.substr(0, 100);  // clang 14 captures no part of a binding
    CAPTURE(begin);
    const auto said = fault(text);
    CHECK(said.find(part) != std::string::npos);
    CHECK(said.find("secret") == std::string::npos);
  }
  CHECK_THROWS_AS(ApiKeys::read("/nowhere/keys"), BadKeys);
  CHECK_THROWS_AS(ApiKeys::read("/"), BadKeys);
}

}  // namespace
}  // namespace identity
