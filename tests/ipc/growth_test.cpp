#include "ipc/growth.h"

#include <doctest/doctest.h>

namespace {

constexpr std::size_t kRoom = 4 << 20;

// Pieces of many sizes, so that the ends of pages and of what was made ahead are met anywhere.
std::string piece(std::size_t number) {
  return std::string(1 + number * 7919 % 100'000, static_cast<char>('a' + number % 26));
}

TEST_CASE("a text that grows in pieces is all of them, beyond its room, too") {
  for (const std::size_t room : {std::size_t{0}, std::size_t{1000}, kRoom}) {
    CAPTURE(room);
    ipc::Growth growth(room);
    std::string text, plain;
    for (std::size_t i = 0; plain.size() < 2 * kRoom; ++i) {
      growth.append(text, piece(i));
      plain += piece(i);
    }
    CHECK(text == plain);
  }
}

TEST_CASE("a long text takes its room once and is not moved within it") {
  ipc::Growth growth(kRoom);
  std::string text;
  growth.append(text, "short");
  CHECK(text.capacity() < 1000);
  growth.append(text, std::string(100'000, 'x'));
  CHECK(text.capacity() >= kRoom);
  const auto* const place = text.data();
  for (std::size_t i = 0; text.size() + 100'000 < kRoom; ++i) growth.append(text, piece(i));
  CHECK(text.data() == place);
}

TEST_CASE("room that was set aside is no memory until it is used") {
  ipc::Growth growth(kRoom);
  std::string text;
  growth.append(text, "short");
  CHECK(growth.memory(text) == text.capacity());
  growth.append(text, std::string(100'000, 'x'));
  CHECK(growth.memory(text) >= 100'005);
  CHECK(growth.memory(text) < 1 << 20);
}

TEST_CASE("a text that begins anew takes its room anew") {
  ipc::Growth growth(kRoom);
  for (int i = 0; i < 3; ++i) {
    std::string text;
    growth.append(text, std::string(kRoom / 2, 'x'));
    growth.append(text, std::string(kRoom / 2, 'y'));
    CHECK(text == std::string(kRoom / 2, 'x') + std::string(kRoom / 2, 'y'));
    growth.restart();
  }
}

}  // namespace
