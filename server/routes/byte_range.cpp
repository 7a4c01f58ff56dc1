#include "server/routes/byte_range.h"

#include <algorithm>
#include <charconv>

namespace routes {
namespace {

// Nothing where `text` is no number; the largest where it is larger.
std::optional<std::uint64_t> number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? value : UINT64_MAX;
}

}  // namespace

std::optional<std::variant<ByteRange, NoSuchRange>> byte_range(std::string_view field, std::uint64_t size) {
  constexpr std::string_view kBytes = "bytes=";
  if (!field.starts_with(kBytes)) return std::nullopt;
  field.remove_prefix(kBytes.size());
  const auto dash = field.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = field.substr(0, dash), last = field.substr(dash + 1);
  if (first.empty()) {  // the last so many
    const auto count = number(last);
    if (!count) return std::nullopt;
    if (*count == 0 || size == 0) return NoSuchRange{};
    const auto length = std::min(*count, size);
    return ByteRange{size - length, length};
  }
  const auto from = number(first);
  const auto to = last.empty() ? std::optional(UINT64_MAX) : number(last);
  if (!from || !to || *to < *from) return std::nullopt;
  if (*from >= size) return NoSuchRange{};
  return ByteRange{*from, std::min(*to, size - 1) - *from + 1};
}

}  // namespace routes
