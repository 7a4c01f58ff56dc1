#include "ipc/json.h"

namespace ipc {

std::string too_deep() {
  return "arrays and objects are nested deeper than " + std::to_string(kMaxDepth);
}

std::string out_of_range() {
  return "a number is out of range";
}

std::string holds_nul() {
  return "strings must not contain the character U+0000";
}

std::string stands_twice(std::string_view key) {
  return "the key " + print_json(shortened(key)) + " stands twice in one object";
}

std::string shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  auto end = most;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // not inside a UTF-8 sequence
  return std::string(text.substr(0, end)) + "…";
}

std::string print_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ipc
