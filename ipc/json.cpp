#include "ipc/json.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
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
class Builder : public nlohmann::json_sax<Json> {
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
    if (!is_new) return fail_twice(member->first);
    member_ = &member->second;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const Json::exception& error) override {
    constexpr int number_overflow =
        406;  // whose message holds the number, which can be a million digits long
    return fail(error.id == number_overflow ? "a number is out of range" : plain_message(error.what()),
                position);
  }

  std::variant<Json, JsonFault> take(bool complete) {
    if (complete && !fault_) return std::move(root_);
    return fault_.value_or(JsonFault{"this is no JSON", 0});
  }

 protected:
  std::size_t depth() const { return open_.size(); }

  bool may_open(std::size_t depth) {
    return depth < kMaxDepth ||
           fail("arrays and objects are nested deeper than " + std::to_string(kMaxDepth));
  }

  bool no_nul(const std::string& text) {
    if (text.find('\0') == std::string::npos) return true;
    return fail("strings must not contain the character U+0000");
  }

  bool fail_twice(const std::string& name) {
    return fail("the key " + print_json(name) + " stands twice in one object");
  }

 private:
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
    if (!may_open(depth())) return false;
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

// Where the parser is in its text: behind the byte that it took last.
class Place {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Place(const char* at, const char*& reached) : at_(at), reached_(&reached) {}
  reference operator*() const { return *at_; }
  Place& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  Place operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Place& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

// Builds all but the value of one member of the outermost object, which is held to the same limits, but only
// found.
class BuilderAround final : public Builder {
 public:
  BuilderAround(std::string_view name, const char* const& reached) : name_(name), reached_(reached) {}

  bool null() override { return inside_ ? value_ended() : Builder::null(); }
  bool boolean(bool value) override { return inside_ ? value_ended() : Builder::boolean(value); }
  bool number_integer(number_integer_t value) override {
    return inside_ ? value_ended(kLookahead) : Builder::number_integer(value);
  }
  bool number_unsigned(number_unsigned_t value) override {
    return inside_ ? value_ended(kLookahead) : Builder::number_unsigned(value);
  }
  bool number_float(number_float_t value, const string_t& text) override {
    return inside_ ? value_ended(kLookahead) : Builder::number_float(value, text);
  }
  bool string(string_t& value) override {
    return inside_ ? no_nul(value) && value_ended() : Builder::string(value);
  }
  bool start_object(std::size_t size) override { return inside_ ? open() : Builder::start_object(size); }
  bool start_array(std::size_t size) override { return inside_ ? open() : Builder::start_array(size); }
  bool end_object() override { return inside_ ? close() : Builder::end_object(); }
  bool end_array() override { return inside_ ? close() : Builder::end_array(); }

  bool key(string_t& name) override {
    if (inside_) return no_nul(name) && (keys_.back().insert(name).second || fail_twice(name));
    const bool found = depth() == 1 && name == name_;
    if (!Builder::key(name)) return false;
    if (found) {
      inside_ = true;
      begin_ = reached_;
    }
    return true;
  }

  /// With the colon before it and the space around that; empty where it is not there, or not whole.
  std::string_view found() const {
    return end_ ? std::string_view(begin_, static_cast<std::size_t>(end_ - begin_)) : std::string_view();
  }

 private:
  static constexpr std::ptrdiff_t kLookahead = 1;  // that it is over is seen by the byte behind it

  bool open() {
    if (!may_open(depth() + keys_.size())) return false;
    keys_.emplace_back();
    return true;
  }

  bool close() {
    keys_.pop_back();
    return value_ended();
  }

  bool value_ended(std::ptrdiff_t ahead = 0) {
    if (!keys_.empty()) return true;
    inside_ = false;
    end_ = reached_ - ahead;
    return true;
  }

  const std::string_view name_;
  const char* const& reached_;
  bool inside_ = false;
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  std::vector<std::set<std::string>> keys_;  // of the objects in it that are open; an array has none
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

std::variant<Json, JsonFault> parse_json_around(std::string_view name, std::string_view text,
                                                std::string_view& value) {
  if (auto fault = find_nul(text)) return *std::move(fault);
  const char* reached = text.data();
  BuilderAround builder(name, reached);
  const char* const end = text.data() + text.size();
  const bool complete = Json::sax_parse(Place(text.data(), reached), Place(end, reached), &builder);
  value = builder.found();
  value.remove_prefix(std::min(value.find_first_not_of(": \t\n\r"), value.size()));
  return builder.take(complete);
}

std::string print_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ipc
