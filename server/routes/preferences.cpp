#include "server/routes/preferences.h"

#include <charconv>

#include "server/routes/field_text.h"

namespace routes {
namespace {

// Without the blanks and quotes around it.
std::string_view unquoted(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\"");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\"") - first + 1);
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
    auto with_parameters = next_part(field, ',');
    const auto preference = next_part(with_parameters, ';');
    const auto sign = std::min(preference.find('='), preference.size());
    const auto name = unquoted(preference.substr(0, sign));
    if (equals(name, "respond-async")) preferences.respond_async = true;
    if (equals(name, "wait") && sign < preference.size() && !preferences.wait)
      preferences.wait = seconds_of(unquoted(preference.substr(sign + 1)));
  }
}

}  // namespace

Preferences::Preferences(const front_door::Request& request) {
  for (const auto& [name, value] : request.fields)
    if (equals(name, "Prefer")) read(value, *this);
}

}  // namespace routes
