#include "server/telemetry/quoting.h"

#include <fmt/format.h>

#include <algorithm>

#include "ipc/json.h"

namespace telemetry {
namespace {

// Of the characters that JSON lets stand: DEL and C1, and those that say in which order others are shown.
bool is_invisible(unsigned code) {
  return (code >= 0x7f && code <= 0x9f) || code == 0x61c || code == 0x200e || code == 0x200f ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

struct Character {
  unsigned code;
  std::size_t bytes;
};

// `text` is valid UTF-8 and not empty. None beyond U+FFFF is of interest.
Character first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return {byte(0), 1};
  if (byte(0) < 0xe0 && text.size() >= 2) return {(byte(0) & 0x1fu) << 6 | (byte(1) & 0x3fu), 2};
  if (byte(0) < 0xf0 && text.size() >= 3)
    return {(byte(0) & 0x0fu) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu), 3};
  return {0x10000, std::min<std::size_t>(4, text.size())};
}

bool needs_look(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; });
}

std::string without_invisible(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const auto [code, bytes] = first_of(text);
    if (is_invisible(code))
      shown += fmt::format("\\u{:04x}", code);
    else
      shown += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return shown;
}

}  // namespace

std::string quoted(std::string_view text) {
  auto shown = ipc::print_json(std::string(text));
  return needs_look(shown) ? without_invisible(shown) : shown;
}

std::string harmless(std::string_view text) {
  if (!needs_look(text)) return std::string(text);
  const auto shown = quoted(text);
  return shown.substr(1, shown.size() - 2);
}

}  // namespace telemetry
