#pragma once
// JSON text to values and back, under the limits of the protocol. Knows no message and no schema.
// Both programs read every text that comes from outside through parse_json(), but for replies
// (json_around.h).

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
/// `offset` is in bytes from the start of the text, as near to the fault as is known.
struct JsonFault {
  std::string message;
  std::size_t offset = 0;
};

/// Reads exactly one JSON text (RFC 8259), surrounding white space allowed. Refuses NUL, invalid UTF-8,
/// duplicate keys in an object, nesting beyond kMaxDepth, numbers outside of double's range and anything
/// after the value. Never throws for what the text holds.
std::variant<Json, JsonFault> parse_json(std::string_view text);

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
