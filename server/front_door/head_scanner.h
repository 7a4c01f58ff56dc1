#pragma once
// Finds the end of a request's head and refuses every byte that RFC 9112 does not allow in it, before any
// parser sees it: parsers differ in what they forgive, and that difference is how requests are smuggled.
// Knows no field by name. Used by request_reader.h.

#include <cstddef>
#include <string_view>

#include "server/front_door/limits.h"
#include "server/front_door/refusal.h"

namespace front_door {

class HeadScanner {
 public:
  explicit HeadScanner(const Limits& limits) : limits_(limits) {}

  enum class State { more, complete, refused };

  /// `bytes` is everything received of this message, from its first byte; each call goes on where the last
  /// one stopped.
  State scan(std::string_view bytes);

  /// The empty lines before the request line, in bytes, to be ignored (RFC 9112 section 2.2).
  std::size_t skipped() const { return skipped_; }
  /// True once the request line has passed.
  bool has_request_line() const { return in_fields_; }
  /// Where the content begins, counted from the first byte; valid once complete.
  std::size_t end() const { return line_start_; }
  const Refusal& refusal() const { return refusal_; }

 private:
  State refuse(int status, std::string detail, std::string_view reason = "bad_request");
  State check_open_line(std::string_view bytes);
  bool check_request_line(std::string_view line);
  bool check_field_line(std::string_view line);

  const Limits& limits_;
  std::size_t skipped_ = 0;
  std::size_t line_start_ = 0;
  std::size_t searched_ = 0;
  std::size_t fields_ = 0;
  bool in_fields_ = false;
  Refusal refusal_;
};

/// A character of a token, RFC 9110 section 5.6.2.
bool is_token_char(char c);

}  // namespace front_door
