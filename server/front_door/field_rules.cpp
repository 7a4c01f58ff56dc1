#include "server/front_door/field_rules.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <cctype>

namespace front_door {

bool equals(std::string_view a, std::string_view b) {
  return boost::beast::iequals(a, b);
}

bool is_host(std::string_view host) {
  if (host.empty()) return true;
  const bool literal = host.front() == '[';
  const auto end = literal ? host.find(']') : host.find(':');
  if (literal && end == std::string_view::npos) return false;
  const auto name = host.substr(literal ? 1 : 0, literal ? end - 1 : end);
  auto rest = end == std::string_view::npos ? std::string_view{} : host.substr(literal ? end + 1 : end);
  static constexpr std::string_view kNamePunctuation = "-._~!$&'()*+,;=%";
  const bool name_fits = !name.empty() && std::all_of(name.begin(), name.end(), [literal](unsigned char c) {
    if (literal) return std::isxdigit(c) || c == ':' || c == '.';
    return std::isalnum(c) || kNamePunctuation.find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (!rest.empty() && rest.front() != ':') return false;
  if (!rest.empty()) rest.remove_prefix(1);
  return name_fits && rest.size() <= 5 &&
         std::all_of(rest.begin(), rest.end(), [](unsigned char c) { return std::isdigit(c); });
}

bool lists(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    auto item = list.substr(0, comma);
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (equals(item, name)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace front_door
