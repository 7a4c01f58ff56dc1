#include "server/process/quote.h"

#include "ipc/json.h"

namespace process {
namespace {

constexpr std::size_t kLine = 200;
constexpr std::size_t kLines = 500;

std::string in_quotes(std::string_view text) {
  return ipc::Json(text).dump(-1, ' ', false, ipc::Json::error_handler_t::replace);
}

}  // namespace

std::string quote(std::string_view line) {
  return in_quotes(line.substr(0, kLine)) + (line.size() > kLine ? "…" : "");
}

std::string last_part(std::string_view text, std::size_t most) {
  const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  if (text.size() > most) {
    text.remove_prefix(text.size() - most);
    // Whole lines, where there is more than one.
    const auto newline = text.find('\n');
    if (newline != text.npos) text.remove_prefix(newline + 1);
  }
  return std::string(text);
}

std::string last_lines(std::string_view text) {
  const auto lines = last_part(text, kLines);
  return lines.empty() ? "" : in_quotes(lines);
}

}  // namespace process
