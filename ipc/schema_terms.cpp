#include "ipc/schema_terms.h"

#include <cmath>
#include <cstdlib>
#include <limits>

namespace ipc {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// In valijson's order. What is malformed it refuses, or takes for the same character as strtoul does here.
std::string decoded(std::string token) {
  replace_all(token, "~1", "/");
  replace_all(token, "~0", "~");
  for (auto at = token.find('%'); at != token.npos; at = token.find('%', at + 1)) {
    token.replace(at, 3, 1, static_cast<char>(std::strtoul(token.substr(at + 1, 2).c_str(), nullptr, 16)));
  }
  return token;
}

}  // namespace

bool is_multiple(double value, double divisor) {
  if (std::trunc(divisor) == divisor) return !(std::abs(std::remainder(value, divisor)) > 0);
  const double times = value / divisor;
  // Both were rounded when they were read, and the quotient is.
  const double error = 2 * std::numeric_limits<double>::epsilon() * std::abs(times);
  return !(std::abs(times - std::round(times)) > error);  // nor where the quotient is infinite
}

const Json* find_referred(const Json& root, const std::string& reference) {
  const Json* place = &root;
  auto at = reference.find('#');
  while (at != reference.npos) {
    const auto next = reference.find('/', at + 1);
    const auto token = decoded(reference.substr(at + 1, next - at - 1));
    at = next;
    if (token.empty()) continue;  // valijson takes `#/a/` and `#//a` for `#/a`
    if (place->is_array()) {
      const auto index = std::strtoul(token.c_str(), nullptr, 10);
      if (index >= place->size()) return nullptr;
      place = &(*place)[index];
    } else {
      const auto member = place->find(token);
      if (member == place->end()) return nullptr;
      place = &*member;
    }
  }
  return place;
}

std::string reference_to(std::string pointer) {
  replace_all(pointer, "%", "%25");
  return "#" + pointer;
}

std::string escaped(std::string_view name) {
  std::string out(name);
  replace_all(out, "~", "~0");
  replace_all(out, "/", "~1");
  return out;
}

}  // namespace ipc
