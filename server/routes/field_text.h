#pragma once
// Pieces of a field's value, as RFC 9110 writes it. Knows no field. Used by whoever reads one: accept.cpp,
// content_type.cpp, host_check.cpp, preferences.cpp.

#include <boost/beast/core/string.hpp>
#include <string_view>

namespace routes {

/// Without the blanks around it.
inline std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Cuts the part before `separator` off the front of `list`.
inline std::string_view next_part(std::string_view& list, char separator) {
  const auto end = list.find(separator);
  const auto part = list.substr(0, end);
  list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  return trimmed(part);
}

/// Whatever the case of the letters, which are ASCII.
inline bool equals(std::string_view a, std::string_view b) {
  return boost::beast::iequals(a, b);
}

}  // namespace routes
