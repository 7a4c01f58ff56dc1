#include "ipc/json.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace ipc {
namespace {

// "[json.exception.parse_error.101] parse error at line 1, column 9: syntax error while parsing value -
// unexpected end of input; last read: '…'; expected …" without its place, which is in the offset, and without
// the sender's own text, which may be long, secret or no UTF-8.
std::string plain_message(std::string_view what) {
  if (const auto place = what.find("column "); place != std::string_view::npos) {
    what.remove_prefix(std::min(what.size(), what.find(": ", place) + 2));
  }
  std::string message(what);
  const auto quote = message.find("; last read: '");
  const auto end = message.rfind('\'');
  // A quote after the sender's text belongs to "expected '}'".
  if (quote != std::string::npos && end != std::string::npos) {
    const auto expected = message.rfind("; expected ");
    const auto stop = expected != std::string::npos && expected > quote ? expected : message.size();
    message.erase(quote, stop - quote);
  }
  return message;
}

// Builds the value from the parser's events. It is nlohmann's own DOM builder plus our limits, and stops at
// the first thing that breaks one, so a hostile text costs no more than its good part.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool binary(binary_t&) override { return fail("binary values are not JSON"); }

  bool string(string_t& value) override { return no_nul(value) && put(std::move(value)); }

  bool start_object(std::size_t) override { return open(Json::value_t::object); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::value_t::array); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (!no_nul(name)) return false;
    auto& object = open_.back()->get_ref<Json::object_t&>();
    const auto [member, is_new] = object.try_emplace(std::move(name));
    if (!is_new) return fail(stands_twice(member->first));
    member_ = &member->second;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const Json::exception& error) override {
    constexpr int number_overflow =
        406;  // whose message holds the number, which can be a million digits long
    return fail(error.id == number_overflow ? out_of_range() : plain_message(error.what()), position);
  }

  std::variant<Json, JsonFault> take(bool complete) {
    if (complete && !fault_) return std::move(root_);
    return fault_.value_or(JsonFault{"this is no JSON", 0});
  }

 private:
  bool no_nul(const std::string& text) { return text.find('\0') == std::string::npos || fail(holds_nul()); }

  template <typename Value>
  bool put(Value&& value) {
    *place() = std::forward<Value>(value);
    return true;
  }

  // Where the value that comes next belongs.
  Json* place() {
    if (open_.empty()) return &root_;
    if (open_.back()->is_object()) return member_;
    auto& array = open_.back()->get_ref<Json::array_t&>();
    return &array.emplace_back();
  }

  bool open(Json::value_t type) {
    if (open_.size() == kMaxDepth) return fail(too_deep());
    Json* const container = place();
    *container = Json(type);
    open_.push_back(container);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  bool fail(std::string message, std::size_t offset = 0) {
    fault_ = JsonFault{std::move(message), offset};
    return false;
  }

  Json root_;
  std::vector<Json*> open_;  // the containers not yet closed; a container grows only while it is the last one
  Json* member_ = nullptr;   // the value of the key just read
  std::optional<JsonFault> fault_;
};

// nlohmann's lexer takes a NUL for the end of the text and would not look at what follows.
std::optional<JsonFault> find_nul(std::string_view text) {
  const auto nul = text.find('\0');
  if (nul == std::string_view::npos) return std::nullopt;
  return JsonFault{"the text contains a NUL byte", nul};
}

}  // namespace

std::variant<Json, JsonFault> parse_json(std::string_view text) {
  if (auto fault = find_nul(text)) return *std::move(fault);
  Builder builder;
  const bool complete = Json::sax_parse(text, &builder);
  return builder.take(complete);
}

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
