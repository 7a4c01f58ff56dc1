#pragma once
// Pieces of a field's value, as RFC 9110 writes it. Knows no field. Used by whoever reads one: accept.cpp,
// host_check.cpp.

#include <strings.h>

#include <string_view>

namespace routes {

/// Without the blanks around it.
inline std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Whatever the case of the letters, which are ASCII.
inline bool equals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace routes
