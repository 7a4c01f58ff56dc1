#pragma once
// What a cruncher says, as the server reads it: the other direction of message.h. Knows no descriptor and no
// process. Used by server/offload/reading.h.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ipc/message.h"

namespace ipc {

/// Bytes of a line from a cruncher, all but its result, at the most.
inline constexpr std::size_t kMaxBesideResult = 16 * 1024;

/// An answer, as the server reads it. The result is the part of the line that it is: one JSON value, checked,
/// but not built, since the server only passes it on.
struct Answer {
  Json id;
  std::variant<std::string_view, Error> body;
  OwnUsage usage{};
};

/// A line that is no message of the protocol; one English sentence that says why, and quotes the line.
struct Malformed {
  std::string why;
  std::size_t unquoted = std::string::npos;  ///< as much of it tells nothing of what the line says
};

/// `why` with the first 200 bytes of the line behind it, escaped so that any terminal may show them.
Malformed malformed(std::string_view why, std::string_view line);

/// Whether a line says that its cruncher has said all: an empty one, also where '\r' stands before its end.
constexpr bool is_closing_line(std::string_view line) {
  return line.empty() || line == "\r";
}

/// For the server: what a cruncher said in one line. Unknown notifications read as Progress with the fraction
/// NaN. An answer's result lives as long as the line.
std::variant<Answer, Progress, Malformed> parse_reply(std::string_view line);

}  // namespace ipc
