#pragma once
// The two parts of a request's target, undecoded. Used by whoever reads one.

#include <string_view>

namespace routes {

inline std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

/// Without the '?'; empty where there is none.
inline std::string_view query_of(std::string_view target) {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

}  // namespace routes
