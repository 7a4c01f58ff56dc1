#include "server/settings/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <vector>

namespace settings {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
  bool shown = true;  // in sentences; the others are only understood
};
using Units = std::vector<Unit>;

const Units& units_of(Kind kind) {
  static const Units durations{
      {"ms", 1}, {"s", 1000}, {"sec", 1000, false}, {"m", 60'000}, {"min", 60'000, false}, {"h", 3'600'000}};
  static const Units sizes{{"B", 1},
                           {"KB", 1000, false},
                           {"KiB", 1ull << 10},
                           {"Ki", 1ull << 10, false},
                           {"K", 1ull << 10, false},
                           {"MB", 1'000'000, false},
                           {"MiB", 1ull << 20},
                           {"Mi", 1ull << 20, false},
                           {"M", 1ull << 20, false},
                           {"GB", 1'000'000'000, false},
                           {"GiB", 1ull << 30},
                           {"Gi", 1ull << 30, false},
                           {"G", 1ull << 30, false}};
  return kind == Kind::duration ? durations : sizes;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

[[noreturn]] void refuse_form(Kind kind, std::string_view text) {
  std::string names;
  for (const auto& unit : units_of(kind))
    if (unit.shown) names += fmt::format("{}{}", names.empty() ? "" : ", ", unit.name);
  throw BadValue(fmt::format("'{}' must be a number with a unit, as in {}: {}", text,
                             kind == Kind::duration ? "1500ms or 30s" : "512MiB", names));
}

// Nothing where the suffix is no unit.
const Unit* find_unit(Kind kind, std::string_view suffix) {
  static const Unit seconds{"", 1000}, bytes{"", 1};
  if (suffix.empty()) return kind == Kind::duration ? &seconds : &bytes;
  const auto& units = units_of(kind);
  const auto found = std::find_if(units.begin(), units.end(),
                                  [&](const auto& unit) { return same_name(unit.name, suffix); });
  return found == units.end() ? nullptr : &*found;
}

}  // namespace

std::string print_quantity(Kind kind, std::uint64_t value) {
  const auto& units = units_of(kind);
  for (auto unit = units.rbegin(); unit != units.rend(); ++unit)
    if (unit->shown && value % unit->factor == 0 && (value || unit->factor == 1))
      return fmt::format("{}{}", value / unit->factor, unit->name);
  return std::to_string(value);
}

std::uint64_t parse_quantity(Kind kind, std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) || c == '.'; };
  const auto split = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view digits(text.data(), static_cast<std::size_t>(split - text.begin()));
  auto suffix = text.substr(digits.size());
  if (suffix.starts_with(' ')) suffix.remove_prefix(1);
  double number = 0;
  const auto [rest, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed);
  const auto* unit = find_unit(kind, suffix);
  const bool read = error == std::errc() && rest == digits.data() + digits.size();
  const bool lacks_unit = kind == Kind::size && suffix.empty() && number != 0;
  if (!read || !unit || lacks_unit) refuse_form(kind, text);
  // Exact: 2^53 units of any kind are beyond every bound.
  const double value = number * static_cast<double>(unit->factor);
  if (value < static_cast<double>(least) || value > static_cast<double>(most))
    throw BadValue(fmt::format("'{}' must be from {} to {}", text, print_quantity(kind, least),
                               print_quantity(kind, most)));
  return static_cast<std::uint64_t>(std::llround(value));
}

std::uint64_t parse_whole(std::string_view text, std::uint64_t least, std::uint64_t most, int base) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, base);
  if (error == std::errc() && rest == end && value >= least && value <= most) return value;
  if (base == 8) throw BadValue(fmt::format("'{}' must be octal, from {:o} to {:04o}", text, least, most));
  throw BadValue(fmt::format("'{}' must be a whole number from {} to {}", text, least, most));
}

}  // namespace settings
