#pragma once
// One word of a command's line, in which {name} stands for a value that comes with each request. Pure: knows
// no request and no process. Parsed at the start, filled for each job by routes/command_params.h.

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace process {

/// What stands for a name.
struct ArgumentValue {
  std::string_view text;
  bool is_clients = false;  ///< a text that the client chose: it must not begin a word with '-' or '@'
};

class Argument {
 public:
  /// `{name}` is a name where it begins with a letter or '_' and goes on with these, digits and '-'; any
  /// other brace is itself, and `{{name}}` is the text `{name}`.
  explicit Argument(std::string_view word);

  /// The names in it, in their order. They are parts of it.
  std::vector<std::string_view> names() const&;
  std::vector<std::string_view> names() const&& = delete;

  /// The word with each name's value, which never splits it. The name whose value would make an option of the
  /// word, or the name of a file that programs read arguments from, where there is one. `value_of(name)`
  /// returns an ArgumentValue.
  template <typename ValueOf>
  std::variant<std::string, std::string_view> fill(ValueOf value_of) const {
    std::string word;
    for (const auto& part : parts_) {
      if (!part.is_name) {
        word += part.text;
        continue;
      }
      const ArgumentValue value = value_of(std::string_view(part.text));
      if (word.empty() && value.is_clients && (value.text.starts_with('-') || value.text.starts_with('@')))
        return std::string_view(part.text);
      word += value.text;
    }
    return word;
  }

 private:
  struct Part {
    std::string text;
    bool is_name;
  };
  void add_text(std::string_view text);

  std::vector<Part> parts_;
};

/// The words of a line, split as a shell splits them: by white space, but not within '…' or "…" or behind a
/// backslash. Nothing is expanded. Nothing where a quotation mark has no other end, or a backslash is last.
std::variant<std::vector<std::string>, std::string_view> split_words(std::string_view line);

}  // namespace process
