#include "cruncher/options.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace cruncher {
namespace {

using ipc::Json;

// `--memory-kib` is `memory_kib`; a name spelled as in the schema always fits.
std::string param_name(std::string_view word, const Json& properties) {
  std::string name(word);
  if (!properties.contains(name)) std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

Json param_value(const Json& property, std::string_view word) {
  if (property.value("type", "") != "string") {
    auto parsed = ipc::parse_json(word);
    if (auto* value = std::get_if<Json>(&parsed)) return std::move(*value);
  }
  return std::string(word);
}

bool is_utf8(std::string_view text) {
  try {
    Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

class Words {
 public:
  explicit Words(std::span<char* const> words) : rest_(words) {}

  bool empty() const { return rest_.empty(); }

  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const std::string_view word = rest_.front();
    rest_ = rest_.subspan(1);
    return word;
  }

 private:
  std::span<char* const> rest_;
};

// Null where the option was taken in.
std::optional<UsageError> read_option(const Json& properties, std::string_view option,
                                      std::optional<std::string_view> value, Words& words, Options& options) {
  const auto quoted = "--" + std::string(option);
  const auto name = param_name(option, properties);
  const auto property = properties.find(name);
  const bool is_param = property != properties.end();
  if (!is_param && option != "output" && option != "params")
    return UsageError{"there is no option " + quoted};
  if (!value && is_param && property->value("type", "") == "boolean") {
    options.params[name] = true;
    return std::nullopt;
  }
  if (!value) value = words.next();
  if (!value) return UsageError{quoted + " needs a value"};
  if (!is_utf8(*value)) return UsageError{quoted + " must be UTF-8"};
  if (is_param) {
    options.params[name] = param_value(*property, *value);
  } else if (option == "output") {
    options.output = *value;
  } else if (*value == "-") {
    options.params_from_stdin = true;
  } else {
    return UsageError{"--params takes \"-\" only, and reads the params from stdin then"};
  }
  return std::nullopt;
}

}  // namespace

std::variant<Options, UsageError> parse_options(const Json& params_schema, std::span<char* const> arguments) {
  const Json& properties = params_schema.at("properties");
  Options options;
  Words words(arguments);
  while (const auto word = words.next()) {
    if (*word == "--help" || *word == "-h") {
      options.help = true;
      continue;
    }
    if (!word->starts_with("--")) return UsageError{"\"" + std::string(*word) + "\" is no option"};
    const auto equals = word->find('=');
    const auto value =
        equals == std::string_view::npos ? std::nullopt : std::optional(word->substr(equals + 1));
    if (auto error =
            read_option(properties, word->substr(2, equals == std::string_view::npos ? equals : equals - 2),
                        value, words, options)) {
      return std::move(*error);
    }
  }
  return options;
}

}  // namespace cruncher
