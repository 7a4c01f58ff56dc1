#pragma once
// JSON text to values and back, under the limits of the protocol. Knows no message and no schema.
// Both programs read every text that comes from outside through parse_json() or parse_json_around().

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>

namespace ipc {

using Json = nlohmann::json;

/// Deepest nesting of arrays and objects that a text may have: `[[1]]` has depth 2.
inline constexpr int kMaxDepth = 64;

/// Why a text is not acceptable JSON. `message` is one English sentence for the sender of the text;
/// `offset` is in bytes from the start of the text, behind the first byte that does not fit.
struct JsonFault {
  std::string message;
  std::size_t offset = 0;
};

/// Reads exactly one JSON text (RFC 8259), surrounding white space allowed. Refuses NUL, invalid UTF-8,
/// duplicate keys in an object, nesting beyond kMaxDepth, numbers outside of double's range and anything
/// after the value. An exponent of ten digits is out of range even where the number is 0. A byte order mark
/// at the beginning is passed over. Never throws for what the text holds.
std::variant<Json, JsonFault> parse_json(std::string_view text);

/// The same for a text of which one part is only passed on: the value of the outermost object's member `name`
/// is checked without being built. That member reads as null, and `value` becomes the part of `text` that its
/// value is, empty where there is no such member. All else is built, and must not be longer than `most`
/// bytes.
std::variant<Json, JsonFault> parse_json_around(std::string_view name, std::string_view text,
                                                std::string_view& value, std::size_t most);

/// Messages of the faults that are no matter of syntax.
std::string too_deep();
std::string out_of_range();
std::string holds_nul();
std::string stands_twice(std::string_view key);

/// The first `most` bytes of a text that its sender is to recognise, less what is left of a cut character,
/// with … behind them; a text that is no longer than that as it is.
std::string shortened(std::string_view text, std::size_t most = 60);

/// One line of JSON without the line's end. Invalid UTF-8 in strings becomes U+FFFD, so it never throws for
/// that.
std::string print_json(const Json& value);

}  // namespace ipc
