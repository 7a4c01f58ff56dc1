// The reading half of json.h, by Boost.JSON's parser of events, which takes the syntax and the UTF-8 upon
// itself.

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>  // its parts that are no templates: for this file alone
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ipc/json.h"

namespace ipc {
namespace {

constexpr std::string_view kSpace = " \t\n\r";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Versions of Boost differ in the exponents that they read; all of them read those of that many digits.
constexpr std::size_t kExponentDigits = 9;

bool has_huge_exponent(std::string_view number) {
  const auto e = std::min(number.find_first_of("eE"), number.size());
  const auto digits = std::min(number.find_first_of("123456789", e), number.size());
  return number.size() - digits > kExponentDigits;
}

// Nothing where the number is out of range. `nearly` is the number, but for its last digits.
std::optional<double> exact(std::string_view number, double nearly) {
  if (has_huge_exponent(number)) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error == std::errc() && std::isfinite(value)) return value;
  return std::abs(nearly) < 1 ? std::optional(0.0) : std::nullopt;
}

// What a reader is there for: to build the value, only to check it, or to stop behind one key of the
// outermost object.
enum class Aim { build, check, find };

// Holds the parser's events to the limits of the protocol.
class Reader {
 public:
  using Code = boost::system::error_code;
  using View = boost::json::string_view;
  static constexpr std::size_t max_array_size = -1;
  static constexpr std::size_t max_object_size = -1;
  static constexpr std::size_t max_string_size = -1;
  static constexpr std::size_t max_key_size = -1;

  explicit Reader(Aim aim, std::string_view wanted = {}) : aim_(aim), wanted_(wanted) {}

  const std::string& why() const { return why_; }
  bool has_found() const { return has_found_; }
  Json& value() { return root_; }

  /// What could have come where something else did.
  std::string expected() const {
    if (open_.empty()) return has_value_ ? "the end of the text" : "a value";
    const std::string closing = open_.back().container.is_object() ? "'}'" : "']'";
    if (is_after_key_) return "':' and a value";
    if (has_value_) return closing + " or ','";
    return closing + (open_.back().container.is_object() ? " or a key" : " or a value");
  }

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_array_begin(Code&) { return open(Json::array()); }
  bool on_array_end(std::size_t, Code&) { return close(); }
  bool on_object_begin(Code&) { return open(Json::object()); }
  bool on_object_end(std::size_t, Code&) { return close(); }

  bool on_key_part(View part, std::size_t, Code& error) { return add_text(part, true, error); }
  bool on_key(View part, std::size_t size, Code& error) {
    if (!on_key_part(part, size, error)) return false;
    if (aim_ == Aim::find && open_.size() == 1 && text_ == wanted_) {
      has_found_ = true;
      return fail("", error);
    }
    auto& level = open_.back();
    const auto [member, is_new] =
        level.container.get_ref<Json::object_t&>().try_emplace(std::exchange(text_, {}));
    level.member = &member->second;
    is_after_key_ = true;
    return is_new || fail(stands_twice(member->first), error);
  }
  bool on_string_part(View part, std::size_t, Code& error) {
    return add_text(part, aim_ == Aim::build, error);
  }
  bool on_string(View part, std::size_t size, Code& error) {
    return on_string_part(part, size, error) && put(std::exchange(text_, {}));
  }
  bool on_number_part(View part, Code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t number, View, Code&) {
    text_.clear();
    return number < 0 ? put(number) : put(static_cast<std::uint64_t>(number));
  }
  bool on_uint64(std::uint64_t number, View, Code&) {
    text_.clear();
    return put(number);
  }
  bool on_double(double nearly, View part, Code& error) {
    on_number_part(part, error);
    const auto number = exact(std::exchange(text_, {}), nearly);
    return number ? put(*number) : fail(out_of_range(), error);
  }
  bool on_bool(bool value, Code&) { return put(value); }
  bool on_null(Code&) { return put(nullptr); }
  bool on_comment_part(View, Code&) { return true; }
  bool on_comment(View, Code&) { return true; }

 private:
  // A container that is not closed yet.
  struct Level {
    Json container;
    Json* member = nullptr;  // of an object: the value of the key that was read last
  };

  bool open(Json container) {
    open_.push_back({std::move(container), nullptr});
    has_value_ = is_after_key_ = false;
    return true;
  }

  bool close() {
    Json container = std::move(open_.back().container);
    open_.pop_back();
    return put(std::move(container));
  }

  template <typename Value>
  bool put(Value&& value) {
    has_value_ = true;
    is_after_key_ = false;
    if (aim_ != Aim::build) return true;
    if (open_.empty()) {
      root_ = std::forward<Value>(value);
    } else if (auto& [container, member] = open_.back(); member != nullptr) {
      *member = std::forward<Value>(value);
    } else {
      container.get_ref<Json::array_t&>().emplace_back(std::forward<Value>(value));
    }
    return true;
  }

  bool add_text(View part, bool is_kept, Code& error) {
    if (part.find('\0') != View::npos) return fail(holds_nul(), error);
    if (is_kept) text_.append(part.data(), part.size());
    return true;
  }

  bool fail(std::string why, Code& error) {
    why_ = std::move(why);
    error = boost::json::error::syntax;  // only to stop
    return false;
  }

  Aim aim_;
  std::string_view wanted_;
  Json root_;
  std::vector<Level> open_;  // in a check objects hold their keys alone, and arrays nothing
  std::string text_;         // of the key, string or number, as far as it has come
  bool has_value_ = false;   // of the container that is open last, or of the text
  bool is_after_key_ = false;
  bool has_found_ = false;
  std::string why_;
};

// Whether a string is open where `text` ends.
bool ends_in_string(std::string_view text) {
  bool is_open = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') is_open = !is_open;
    if (text[i] == '\\' && is_open) ++i;
  }
  return is_open;
}

// In words that hold nothing of the sender's own text, which may be long, secret or no UTF-8.
std::string describe(const Reader& reader, std::string_view text, std::size_t at) {
  const std::string what = "this is no JSON: ";
  if (!ends_in_string(text.substr(0, at))) return what + "expected " + reader.expected();
  if (at >= text.size()) return what + "the text ends within a string";
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x20) return what + "a control character in a string must be escaped";
  return what + (byte < 0x80 ? "there is no such escape" : "a string is no UTF-8");
}

// The bytes of the one value that `text` begins with, up to the next byte that is no space.
std::variant<std::size_t, JsonFault> run(Reader& reader, std::string_view text, int depth) {
  boost::json::parse_options options;
  options.max_depth = static_cast<std::size_t>(depth);
  boost::json::basic_parser<Reader> parser(options, std::move(reader));
  Reader::Code error;
  const auto size = parser.write_some(false, text.data(), text.size(), error);
  reader = std::move(parser.handler());
  if (!error) return size;
  const auto offset = std::min(size + 1, text.size());
  if (error == boost::json::error::too_deep) return JsonFault{too_deep(), offset};
  if (error == boost::json::error::exponent_overflow) return JsonFault{out_of_range(), offset};
  if (!reader.why().empty()) return JsonFault{reader.why(), offset};
  return JsonFault{describe(reader, text, size), offset};
}

// Where the value of the outermost object's member `name` begins in `text`.
std::optional<std::size_t> find_member(std::string_view name, std::string_view text) {
  const auto start = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  Reader finder(Aim::find, name);
  const auto stopped = run(finder, text.substr(start), kMaxDepth);
  if (!finder.has_found()) return std::nullopt;
  // At the end of the key, or behind it.
  const auto colon = text.find(':', start + std::get<JsonFault>(stopped).offset - 1);
  if (colon == std::string_view::npos) return std::nullopt;
  return std::min(text.find_first_not_of(kSpace, colon + 1), text.size());
}

}  // namespace

std::variant<Json, JsonFault> parse_json(std::string_view text) {
  if (const auto nul = text.find('\0'); nul != std::string_view::npos)
    return JsonFault{"the text contains a NUL byte", nul};
  const auto start = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  Reader reader(Aim::build);
  auto read = run(reader, text.substr(start), kMaxDepth);
  if (auto* fault = std::get_if<JsonFault>(&read))
    return JsonFault{std::move(fault->message), fault->offset + start};
  const auto end = start + std::get<std::size_t>(read);
  if (end < text.size()) return JsonFault{"this is no JSON: expected " + reader.expected(), end + 1};
  return std::move(reader.value());
}

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
  Reader checker(Aim::check);
  auto checked = run(checker, text.substr(*at), kMaxDepth - 1);
  if (auto* fault = std::get_if<JsonFault>(&checked))
    return JsonFault{std::move(fault->message), fault->offset + *at};
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
  value.remove_suffix(value.size() - 1 - value.find_last_not_of(kSpace));
  return around;
}

}  // namespace ipc
