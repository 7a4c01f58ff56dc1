#include "server/routes/deadline.h"

#include <strings.h>

#include <charconv>
#include <optional>

namespace routes {
namespace {

// Without the blanks and quotes around it.
std::string_view unquoted(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\"");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\"") - first + 1);
}

// `wait=10` among preferences that commas separate, each with parameters behind semicolons.
std::optional<long> wait_seconds(std::string_view field) {
  while (!field.empty()) {
    const auto comma = std::min(field.find(','), field.size());
    auto preference = field.substr(0, comma);
    preference = preference.substr(0, preference.find(';'));
    field.remove_prefix(std::min(comma + 1, field.size()));
    const auto equals = preference.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = unquoted(preference.substr(0, equals));
    if (name.size() != 4 || ::strncasecmp(name.data(), "wait", 4) != 0) continue;
    const auto value = unquoted(preference.substr(equals + 1));
    long seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error == std::errc() && end == value.data() + value.size() && seconds >= 0) return seconds;
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Patience::Patience(const Call& call, const Task& task) {
  auto timeout = task.limits.timeout;
  for (const auto& [name, value] : call.exchange.request.fields) {
    if (::strcasecmp(name.c_str(), "Prefer") != 0) continue;
    const auto seconds = wait_seconds(value);
    if (!seconds || *seconds > timeout.count() / 1000 || std::chrono::seconds(*seconds) >= timeout) continue;
    timeout = std::chrono::seconds(*seconds);
    applied_wait = seconds;
  }
  deadline = call.exchange.received + timeout;
}

Reply Patience::confirmed_by(Reply reply) const {
  if (applied_wait) reply.fields.emplace_back("Preference-Applied", "wait=" + std::to_string(*applied_wait));
  return reply;
}

}  // namespace routes
