#include "ipc/json_around.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>  // its parts that are no templates: for this file alone
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ipc {
namespace {

// Where nlohmann's parser is in its text: behind the byte that it took last.
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

// Stops behind the key of one member of the outermost object. What it passes is not checked.
class Finder final : public nlohmann::json_sax<Json> {
 public:
  explicit Finder(std::string_view name) : name_(name) {}
  bool found() const { return found_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ <= kMaxDepth; }
  bool end_object() override { return --depth_, true; }
  bool start_array(std::size_t) override { return ++depth_ <= kMaxDepth; }
  bool end_array() override { return --depth_, true; }
  bool key(string_t& name) override {
    found_ = depth_ == 1 && name == name_;
    return !found_;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override { return false; }

 private:
  const std::string_view name_;
  int depth_ = 0;
  bool found_ = false;
};

// Where the value of the outermost object's member `name` begins in `text`.
std::optional<std::size_t> find_member(std::string_view name, std::string_view text) {
  const char* reached = text.data();
  const char* const end = text.data() + text.size();
  Finder finder(name);
  Json::sax_parse(Place(text.data(), reached), Place(end, reached), &finder);
  if (!finder.found()) return std::nullopt;
  constexpr std::string_view space = " \t\n\r";
  const auto colon = text.find_first_not_of(space, static_cast<std::size_t>(reached - text.data()));
  if (colon == std::string_view::npos || text[colon] != ':') return std::nullopt;
  return std::min(text.find_first_not_of(space, colon + 1), text.size());
}

// Whether an int holds the exponent. Boost's own verdict on "0e9999999999" changed with 1.83.
bool exponent_fits(std::string_view number) {
  const auto e = number.find_first_of("eE");
  if (e == std::string_view::npos) return true;
  const auto digits = number.substr(std::min(number.find_first_of("0123456789", e), number.size()));
  int exponent = 0;
  return std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec == std::errc();
}

// Holds the events of Boost.JSON's parser, which takes the syntax and the UTF-8 upon itself, to the limits of
// parse_json().
class Checker {
 public:
  using Code = boost::system::error_code;
  using View = boost::json::string_view;
  static constexpr std::size_t max_array_size = -1;
  static constexpr std::size_t max_object_size = -1;
  static constexpr std::size_t max_string_size = -1;
  static constexpr std::size_t max_key_size = -1;

  const std::string& why() const { return why_; }

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t, Code&) { return true; }
  bool on_object_begin(Code&) {
    keys_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, Code&) {
    keys_.pop_back();
    return true;
  }
  bool on_key_part(View part, std::size_t, Code& error) {
    key_ += std::string_view(part);
    return no_nul(part, error);
  }
  bool on_key(View part, std::size_t size, Code& error) {
    if (!on_key_part(part, size, error)) return false;
    const auto [key, is_new] = keys_.back().insert(std::move(key_));
    key_.clear();
    return is_new || fail(stands_twice(*key), error);
  }
  bool on_string_part(View part, std::size_t, Code& error) { return no_nul(part, error); }
  bool on_string(View part, std::size_t, Code& error) { return no_nul(part, error); }
  bool on_number_part(View, Code&) { return true; }
  bool on_int64(std::int64_t, View, Code&) { return true; }
  bool on_uint64(std::uint64_t, View, Code&) { return true; }
  // The number is near enough but for the last few of double's range, and for a 0 with an exponent.
  bool on_double(double number, View text, Code& error) {
    constexpr double certain = 1e308;
    if (!exponent_fits(std::string_view(text))) return fail(out_of_range(), error);
    return std::abs(number) < certain || std::isfinite(std::strtod(std::string(text).c_str(), nullptr)) ||
           fail(out_of_range(), error);
  }
  bool on_bool(bool, Code&) { return true; }
  bool on_null(Code&) { return true; }
  bool on_comment_part(View, Code&) { return true; }
  bool on_comment(View, Code&) { return true; }

 private:
  bool no_nul(View part, Code& error) { return part.find('\0') == View::npos || fail(holds_nul(), error); }

  bool fail(std::string why, Code& error) {
    why_ = std::move(why);
    error = boost::json::error::syntax;  // only to stop
    return false;
  }

  std::vector<std::set<std::string>> keys_;  // of the objects that are open
  std::string key_;                          // as far as it has come
  std::string why_;
};

// The bytes of the one value that `text`, which is not empty, begins with, up to the next byte that is no
// space.
std::variant<std::size_t, std::string> check_value(std::string_view text, int depth) {
  boost::json::parse_options options;
  options.max_depth = static_cast<std::size_t>(depth);
  boost::json::basic_parser<Checker> parser(options);
  Checker::Code error;
  const auto size = parser.write_some(false, text.data(), text.size(), error);
  if (!error) return size;
  if (error == boost::json::error::too_deep) return too_deep();
  if (error == boost::json::error::exponent_overflow) return out_of_range();
  if (!parser.handler().why().empty()) return parser.handler().why();
  return "one member's value is no JSON: " + error.message();
}

}  // namespace

std::variant<Json, JsonFault> parse_json_around(std::string_view name, std::string_view text,
                                                std::string_view& value, std::size_t most) {
  value = {};
  const auto too_long = [&] {
    return JsonFault{
        "all of it but the " + std::string(name) + " is longer than " + std::to_string(most) + " bytes",
        most};
  };
  const auto at = find_member(name, text.substr(0, most));
  if (!at || *at == text.size()) return text.size() > most ? too_long() : parse_json(text);
  const auto checked = check_value(text.substr(*at), kMaxDepth - 1);
  if (const auto* why = std::get_if<std::string>(&checked)) return JsonFault{*why, *at};
  const auto size = std::get<std::size_t>(checked);
  if (text.size() - size > most) return too_long();
  constexpr std::string_view kNull = "null";
  std::string rest(text.substr(0, *at));
  rest.append(kNull).append(text.substr(*at + size));
  auto around = parse_json(rest);
  if (auto* fault = std::get_if<JsonFault>(&around)) {
    if (fault->offset > *at) fault->offset += size - kNull.size();
    return around;
  }
  value = text.substr(*at, size);
  value.remove_suffix(value.size() - 1 - value.find_last_not_of(" \t\n\r"));
  return around;
}

}  // namespace ipc
