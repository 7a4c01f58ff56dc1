#include "server/process/cgi_header.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>

#include "server/process/quote.h"

namespace process {
namespace {

constexpr std::size_t kMost = 4096;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool can_be_field(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

std::variant<CgiHeader, std::string> parse_cgi_header(std::string_view text) {
  constexpr std::string_view kType = "Content-Type";
  CgiHeader header;
  auto rest = text.substr(0, kMost);
  for (;;) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos)
      return fmt::format("its output does not begin with a header of {} bytes at the most and an empty line",
                         kMost);
    auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    header.size += end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos)
      return fmt::format("a line of its output's header is no field: {}", quote(line));
    const auto value = trimmed(line.substr(colon + 1));
    const bool is_type = boost::beast::iequals(line.substr(0, colon), kType);
    if (is_type && can_be_field(value)) header.type = value;
  }
  if (header.type.empty()) return "its output's header has no Content-Type";
  return header;
}

std::variant<CgiHeader, std::string> read_cgi_header(int file) {
  std::string text(kMost, '\0');
  const auto size = ::pread(file, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return parse_cgi_header(text);
}

}  // namespace process
