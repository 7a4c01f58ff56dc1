#include "server/front_door/head_scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace front_door {
namespace {

constexpr std::string_view kTokenPunctuation = "!#$%&'*+-.^_`|~";

// Bit 0: token character. Bit 1: allowed in a field value. Bit 2: visible ASCII, allowed in a request target.
constexpr auto kClasses = [] {
  std::array<unsigned char, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (alnum || (c < 128 && kTokenPunctuation.find(static_cast<char>(c)) != std::string_view::npos))
      classes[c] |= 1;
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) classes[c] |= 2;
    if (c > 0x20 && c < 0x7f) classes[c] |= 4;
  }
  return classes;
}();

// RFC 9112 section 2.3; which versions are spoken here is not the scanner's business.
bool is_version(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' &&
         is_digit(text[7]);
}

bool all_of_class(std::string_view text, unsigned char bit) {
  return std::all_of(text.begin(), text.end(),
                     [bit](char c) { return kClasses[static_cast<unsigned char>(c)] & bit; });
}

}  // namespace

bool is_token_char(char c) {
  return kClasses[static_cast<unsigned char>(c)] & 1;
}

HeadScanner::State HeadScanner::refuse(int status, std::string detail, std::string_view reason) {
  refusal_ = {status, reason, std::move(detail)};
  return State::refused;
}

HeadScanner::State HeadScanner::scan(std::string_view bytes) {
  while (!in_fields_ && line_start_ == skipped_ && skipped_ < 4 && bytes.substr(skipped_, 2) == "\r\n")
    searched_ = line_start_ = skipped_ += 2;
  for (;;) {
    const auto* found = searched_ < bytes.size()
                            ? std::memchr(bytes.data() + searched_, '\n', bytes.size() - searched_)
                            : nullptr;
    if (!found) {
      searched_ = bytes.size();
      return check_open_line(bytes);
    }
    const std::size_t end = static_cast<const char*>(found) - bytes.data();
    if (check_open_line(bytes.substr(0, end + 1)) == State::refused) return State::refused;
    auto line = bytes.substr(line_start_, end - line_start_);
    if (line.empty() || line.back() != '\r') return refuse(400, "a line of the head ends in a bare LF");
    line.remove_suffix(1);
    if (in_fields_ && line.empty()) {
      line_start_ = end + 1;
      return State::complete;
    }
    if (!(in_fields_ ? check_field_line(line) : check_request_line(line))) return State::refused;
    in_fields_ = true;
    searched_ = line_start_ = end + 1;
  }
}

// What can be said of a line before its end is known: its length, and that something else than HTTP is
// spoken.
HeadScanner::State HeadScanner::check_open_line(std::string_view bytes) {
  const auto length = bytes.size() - line_start_;
  if (!in_fields_) {
    if (length > 0 && !is_token_char(bytes[line_start_]) && bytes[line_start_] != '\r')
      return refuse(400, "the first byte is no method of HTTP");
    if (length > limits_.max_request_line)
      return refuse(414, fmt::format("the request line is longer than {} bytes", limits_.max_request_line),
                    "uri_too_long");
  } else if (length > limits_.max_field_line) {
    return refuse(431,
                  fmt::format("a field line is longer than {} bytes (--max-head)", limits_.max_field_line),
                  "head_too_large");
  }
  if (bytes.size() - skipped_ > limits_.max_head)
    return refuse(431, fmt::format("the head is larger than {} bytes (--max-head)", limits_.max_head),
                  "head_too_large");
  return State::more;
}

bool HeadScanner::check_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    refuse(400, "the request line is not `method SP request-target SP HTTP-version`");
    return false;
  }
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  if (method.empty() || !all_of_class(method, 1)) {
    refuse(400, "the method is not a token");
    return false;
  }
  if (target.empty() || !all_of_class(target, 4)) {
    refuse(400, "the request target is empty or has a byte that no URI may have");
    return false;
  }
  if (!is_version(line.substr(last + 1))) {
    refuse(400, "the request line does not end in `HTTP/` DIGIT `.` DIGIT");
    return false;
  }
  return true;
}

bool HeadScanner::check_field_line(std::string_view line) {
  if (++fields_ > limits_.max_fields) {
    refuse(431, fmt::format("the head has more than {} fields (--max-fields)", limits_.max_fields),
           "head_too_large");
    return false;
  }
  if (line.front() == ' ' || line.front() == '\t') {
    refuse(400, "a field line begins with white space (obsolete line folding)");
    return false;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || !all_of_class(line.substr(0, colon), 1)) {
    refuse(400, "a field line does not begin with a field name and a colon");
    return false;
  }
  if (!all_of_class(line.substr(colon + 1), 2)) {
    refuse(400, "a field value has a control character");
    return false;
  }
  return true;
}

}  // namespace front_door
