#include "server/routes/preferences.h"

#include <strings.h>

#include <charconv>
#include <string_view>

namespace routes {
namespace {

// Without the blanks and quotes around it.
std::string_view unquoted(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\"");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\"") - first + 1);
}

bool is(std::string_view name, std::string_view word) {
  return name.size() == word.size() && ::strncasecmp(name.data(), word.data(), word.size()) == 0;
}

std::optional<long> seconds_of(std::string_view value) {
  long seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error != std::errc() || end != value.data() + value.size() || seconds < 0) return std::nullopt;
  return seconds;
}

// Preferences are separated by commas, each with parameters behind semicolons.
void read(std::string_view field, Preferences& preferences) {
  while (!field.empty()) {
    const auto comma = std::min(field.find(','), field.size());
    auto preference = field.substr(0, comma);
    preference = preference.substr(0, preference.find(';'));
    field.remove_prefix(std::min(comma + 1, field.size()));
    const auto equals = std::min(preference.find('='), preference.size());
    const auto name = unquoted(preference.substr(0, equals));
    if (is(name, "respond-async")) preferences.respond_async = true;
    if (is(name, "wait") && equals < preference.size() && !preferences.wait)
      preferences.wait = seconds_of(unquoted(preference.substr(equals + 1)));
  }
}

}  // namespace

Preferences::Preferences(const front_door::Request& request) {
  for (const auto& [name, value] : request.fields)
    if (is(name, "Prefer")) read(value, *this);
}

}  // namespace routes
