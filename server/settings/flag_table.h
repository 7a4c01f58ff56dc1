#pragma once
// Flags as a table: name, form, bounds, help, and where the value goes. Knows neither where a value comes
// from nor what any flag means. Filled by server/flags.cpp; read by server/options.cpp.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/settings/quantity.h"

namespace settings {

struct Flag {
  enum class Form { value, on_off, list };
  std::string name;   ///< without dashes; the key in the configuration
  std::string group;  ///< its heading in --help
  std::string help;
  std::string shown;  ///< its default
  std::string type;   ///< of its value, as --help shows it
  Form form = Form::value;
  std::function<void(const std::string&)> set;  ///< throws BadValue; of a list, called for each element
  bool is_text = false;  ///< any text is a value: a number in the configuration is a mistake

  /// "CRUNCHERD_MAX_BODY"
  std::string variable() const;
};

class FlagTable {
 public:
  using Milliseconds = std::chrono::milliseconds;

  /// The heading of what is added from now on.
  void group(std::string name) { group_ = std::move(name); }

  void duration(const char* name, Milliseconds& to, const char* least, const char* most, const char* help);
  template <typename Size>
  void size(const char* name, Size& to, const char* least, const char* most, const char* help) {
    const auto low = parse_quantity(Kind::size, least, 0, UINT64_MAX);
    const auto high = parse_quantity(Kind::size, most, 0, UINT64_MAX);
    add(name, help, print_quantity(Kind::size, to), "SIZE", [&to, low, high](const std::string& text) {
      to = static_cast<Size>(parse_quantity(Kind::size, text, low, high));
    });
  }
  template <typename Number>
  void count(const char* name, Number& to, std::uint64_t least, std::uint64_t most, const char* help) {
    add(name, help, std::to_string(to), "N", [&to, least, most](const std::string& text) {
      to = static_cast<Number>(parse_whole(text, least, most));
    });
  }
  /// Without a default.
  template <typename Number>
  void optional_count(const char* name, std::optional<Number>& to, std::uint64_t least, std::uint64_t most,
                      const char* help) {
    add(name, help, "", "N", [&to, least, most](const std::string& text) {
      to = static_cast<Number>(parse_whole(text, least, most));
    });
  }
  template <typename Value>
  void choice(const char* name, Value& to, std::vector<std::pair<std::string, Value>> choices,
              const char* shown, const char* help) {
    std::string names;
    for (const auto& [word, value] : choices) names += (names.empty() ? "" : "|") + word;
    add(name, help, shown, names, [&to, choices = std::move(choices), names](const std::string& text) {
      for (const auto& [word, value] : choices)
        if (word == text) {
          to = value;
          return;
        }
      throw BadValue("'" + text + "' must be one of " + names);
    });
  }
  /// Permission bits, in octal.
  void mode(const char* name, unsigned& to, const char* help);
  void text(const char* name, std::string& to, const char* type, const char* help);
  /// True where it is given without a value.
  void flag(const char* name, bool& to, const char* help);
  /// May be given several times; in the configuration an array.
  void list(const char* name, std::vector<std::string>& to, const char* type, const char* help);

  const std::vector<Flag>& all() const { return flags_; }
  /// Nothing where there is none.
  const Flag* find(std::string_view name) const;
  /// ": did you mean 'port'?", or nothing where no name is near. `others` may be meant, too.
  std::string suggestion(std::string_view name, std::vector<std::string_view> others = {}) const;

 private:
  Flag& add(const char* name, const char* help, std::string shown, std::string type,
            std::function<void(const std::string&)> set);

  std::string group_;
  std::vector<Flag> flags_;
};

}  // namespace settings
