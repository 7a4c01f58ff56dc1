#include "server/process/argument.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <optional>

namespace process {
namespace {

// The name that `text` begins with, behind its brace and with the other one behind it; empty where there is
// none.
std::string_view name_at(std::string_view text) {
  const auto is_letter = [](unsigned char c) { return std::isalpha(c) || c == '_'; };
  const auto goes_on = [&](unsigned char c) { return is_letter(c) || std::isdigit(c) || c == '-'; };
  if (!text.starts_with('{')) return {};
  std::size_t end = 1;
  while (end < text.size() && (end == 1 ? is_letter(text[end]) : goes_on(text[end]))) ++end;
  return end > 1 && end < text.size() && text[end] == '}' ? text.substr(1, end - 1) : std::string_view();
}

// Whether who wrote this word meant a shell: an operator alone, without quotes.
bool is_of_shell(std::string_view line) {
  constexpr std::string_view kOperators[] = {"|", "||", "&", "&&", ";", "<", ">", ">>", "2>", "2>&1"};
  const auto word = line.substr(0, line.find_first_of(" \t\n"));
  return std::find(std::begin(kOperators), std::end(kOperators), word) != std::end(kOperators);
}

}  // namespace

Argument::Argument(std::string_view word) {
  while (!word.empty()) {
    const bool doubled = word.starts_with("{{");
    const auto name = name_at(word.substr(doubled ? 1 : 0));
    if (doubled && !name.empty() && word.substr(name.size() + 3).starts_with('}')) {
      add_text(word.substr(1, name.size() + 2));
      word.remove_prefix(name.size() + 4);
    } else if (!doubled && !name.empty()) {
      parts_.push_back({std::string(name), true});
      word.remove_prefix(name.size() + 2);
    } else {
      add_text(word.substr(0, 1));
      word.remove_prefix(1);
    }
  }
}

void Argument::add_text(std::string_view text) {
  if (parts_.empty() || parts_.back().is_name) parts_.push_back({{}, false});
  parts_.back().text += text;
}

std::vector<std::string_view> Argument::names() const& {
  std::vector<std::string_view> all;
  for (const auto& part : parts_)
    if (part.is_name) all.push_back(part.text);
  return all;
}

std::variant<std::vector<std::string>, std::string_view> split_words(std::string_view line) {
  std::vector<std::string> words;
  std::optional<std::string> word;  // an empty one in quotes is one, too
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool space = c == ' ' || c == '\t' || c == '\n';
    if (!quote && space) {
      if (word) words.push_back(std::move(*word));
      word.reset();
      continue;
    }
    if (!word) {
      if (is_of_shell(line.substr(i)))
        return "no shell runs it: write sh -c '…' for one, or quotes around | & ; < > where they are words";
      word.emplace();
    }
    if (quote && c == quote) {
      quote = 0;
    } else if (!quote && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'') {
      if (++i == line.size()) return "it ends with a backslash";
      // Within "…" a backslash is itself, but before these.
      if (quote && line[i] != '"' && line[i] != '\\' && line[i] != '$' && line[i] != '`') *word += '\\';
      *word += line[i];
    } else {
      *word += c;
    }
  }
  if (quote) return quote == '"' ? R"(a " has no other end)" : "a ' has no other end";
  if (word) words.push_back(std::move(*word));
  return words;
}

}  // namespace process
