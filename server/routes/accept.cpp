#include "server/routes/accept.h"

#include <charconv>

#include "server/routes/field_text.h"

namespace routes {
namespace {

// How closely a range names the type: 0 for not at all.
int closeness(std::string_view range, std::string_view type) {
  if (equals(range, type)) return 3;
  if (range == "*/*") return 1;
  const auto slash = type.find('/') + 1;
  return range.size() == slash + 1 && range.back() == '*' &&
                 equals(range.substr(0, slash), type.substr(0, slash))
             ? 2
             : 0;
}

double weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto one = next_part(parameters, ';');
    if (one.size() < 3 || (one[0] | 0x20) != 'q' || one[1] != '=') continue;
    double weight = 1;
    std::from_chars(one.data() + 2, one.data() + one.size(), weight);
    return weight;
  }
  return 1;
}

}  // namespace

double preference(std::string_view accept, std::string_view type) {
  if (trimmed(accept).empty()) return 1;
  type = trimmed(type.substr(0, type.find(';')));
  int closest = 0;
  double weight = 0;
  while (!accept.empty()) {
    auto parameters = next_part(accept, ',');
    const auto range = next_part(parameters, ';');
    if (const int close = closeness(range, type); close > closest) {
      closest = close;
      weight = weight_of(parameters);
    }
  }
  return weight;
}

}  // namespace routes
