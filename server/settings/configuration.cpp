#include "server/settings/configuration.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace settings {
namespace {

std::string contents(const std::string& file) {
  std::ifstream input(file, std::ios::binary);
  std::stringstream text;
  if (input) text << input.rdbuf();
  if (!input || !text)
    throw BadConfiguration(fmt::format("{}: {}", file, std::strerror(errno ? errno : EIO)));
  return text.str();
}

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  Configuration read() const {
    Configuration found;
    const auto root = parse();
    for (const auto& [key, node] : root)
      if (key.str() == "task")
        read_tasks(node, found.tasks);
      else if (node.is_table())
        throw BadConfiguration(
            fmt::format("{}: [{}]: there are no sections but [task.NAME]", place(node), key.str()));
      else
        found.entries.push_back(entry(key.str(), node));
    return found;
  }

 private:
  std::string place(const toml::source_position& at) const {
    return fmt::format("{}:{}:{}", file_, at.line, at.column);
  }
  std::string place(const toml::node& node) const { return place(node.source().begin); }

  toml::table parse() const {
    const auto text = contents(file_);
    try {
      return toml::parse(text, file_);
    } catch (const toml::parse_error& error) {
      throw BadConfiguration(fmt::format("{}: {} (TOML: texts stand in quotes)", place(error.source().begin),
                                         error.description()));
    }
  }

  void read_tasks(const toml::node& all, std::vector<TaskSection>& to) const {
    const auto refuse = [&](std::string_view key, const toml::node& node) {
      throw BadConfiguration(
          fmt::format("{}: [task] {}: what holds for a task stands in [task.NAME]", place(node), key));
    };
    if (!all.is_table()) refuse("", all);
    for (const auto& [name, node] : *all.as_table()) {
      if (!node.is_table()) refuse(name.str(), node);
      auto& section = to.emplace_back(TaskSection{std::string(name.str()), place(node), {}});
      for (const auto& [key, value] : *node.as_table()) section.entries.push_back(entry(key.str(), value));
    }
  }

  Entry entry(std::string_view key, const toml::node& node) const {
    Entry made{std::string(key), place(node), {}, json_of(node), node.is_table()};
    if (const auto* array = node.as_array())
      for (const auto& element : *array) made.texts.push_back(text_of(key, element));
    else if (const auto* table = node.as_table())
      for (const auto& inner : *table) made.texts.emplace_back(inner.first.str());
    else
      made.texts.push_back(text_of(key, node));
    return made;
  }

  static std::string json_of(const toml::node& node) {
    std::ostringstream out;
    node.visit([&out](const auto& value) { out << toml::json_formatter(value); });
    return out.str();
  }

  // As the flag would be written; a number of octal form keeps its form.
  std::string text_of(std::string_view key, const toml::node& node) const {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
    if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
    if (const auto* number = node.as_integer())
      return (number->flags() & toml::value_flags::format_as_octal) == toml::value_flags::format_as_octal
                 ? fmt::format("0{:o}", number->get())
                 : std::to_string(number->get());
    throw BadConfiguration(fmt::format("{}: {}: the value must be a text or a number", place(node), key));
  }

  const std::string& file_;
};

}  // namespace

Configuration read_configuration(const std::string& file) {
  return Reader(file).read();
}

}  // namespace settings
