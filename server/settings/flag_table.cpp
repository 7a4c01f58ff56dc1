#include "server/settings/flag_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace settings {
namespace {

// How many letters must be added, left out or changed (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({changed, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

bool parse_on_off(const std::string& text) {
  for (const auto* word : {"true", "1", "yes", "on"})
    if (text == word) return true;
  for (const auto* word : {"false", "0", "no", "off"})
    if (text == word) return false;
  throw BadValue(fmt::format("'{}' must be true or false", text));
}

}  // namespace

std::string Flag::variable() const {
  std::string variable = "CRUNCHERD_";
  for (const unsigned char c : name) variable += c == '-' ? '_' : static_cast<char>(std::toupper(c));
  return variable;
}

void FlagTable::duration(const char* name, Milliseconds& to, const char* least, const char* most,
                         const char* help) {
  const auto low = parse_quantity(Kind::duration, least, 0, UINT64_MAX);
  const auto high = parse_quantity(Kind::duration, most, 0, UINT64_MAX);
  add(name, help, print_quantity(Kind::duration, static_cast<std::uint64_t>(to.count())), "DURATION",
      [&to, low, high](const std::string& text) {
        to = Milliseconds(parse_quantity(Kind::duration, text, low, high));
      });
}

void FlagTable::mode(const char* name, unsigned& to, const char* help) {
  add(name, help, fmt::format("{:04o}", to), "OCTAL",
      [&to](const std::string& text) { to = static_cast<unsigned>(parse_whole(text, 0, 0777, 8)); });
}

void FlagTable::text(const char* name, std::string& to, const char* type, const char* help) {
  add(name, help, to, type, [&to](const std::string& text) { to = text; }).is_text = true;
}

void FlagTable::flag(const char* name, bool& to, const char* help) {
  add(name, help, "", "", [&to](const std::string& text) { to = parse_on_off(text); }).form =
      Flag::Form::on_off;
}

void FlagTable::list(const char* name, std::vector<std::string>& to, const char* type, const char* help) {
  add(name, help, "", type, [&to](const std::string& text) { to.push_back(text); }).form = Flag::Form::list;
}

Flag& FlagTable::add(const char* name, const char* help, std::string shown, std::string type,
                     std::function<void(const std::string&)> set) {
  flags_.push_back(
      {name, group_, help, std::move(shown), std::move(type), Flag::Form::value, std::move(set)});
  return flags_.back();
}

const Flag* FlagTable::find(std::string_view name) const {
  const auto found =
      std::find_if(flags_.begin(), flags_.end(), [&](const Flag& flag) { return flag.name == name; });
  return found == flags_.end() ? nullptr : &*found;
}

std::string FlagTable::suggestion(std::string_view name, std::vector<std::string_view> others) const {
  for (const auto& flag : flags_) others.push_back(flag.name);
  std::string_view nearest;
  auto least = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const auto other : others)
    if (const auto far = distance(name, other); far < least) {
      least = far;
      nearest = other;
    }
  return nearest.empty() ? "" : fmt::format(": did you mean '{}'?", nearest);
}

}  // namespace settings
