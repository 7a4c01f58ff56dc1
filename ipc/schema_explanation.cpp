#include "ipc/schema_explanation.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "ipc/schema_terms.h"

namespace ipc {
namespace {

constexpr std::size_t kMaxViolations = 16;

bool is_integer(const Json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX);
  return value.is_number_integer() ||
         (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>() &&
          std::abs(value.get<double>()) < 0x1p53);
}

bool is_of_type(const Json& value, std::string_view type) {
  if (type == "integer") return is_integer(value);
  return type == value.type_name();
}

std::string with_article(const std::string& type) {
  if (type == "null") return type;
  return (type == "integer" || type == "object" || type == "array" ? "an " : "a ") + type;
}

std::string shown(const Json& value) {
  if (value.is_structured()) return with_article(value.type_name());
  return print_json(value.is_string() ? Json(shortened(value.get_ref<const std::string&>())) : value);
}

std::string counted(std::size_t count, const char* noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

class Explainer {
 public:
  explicit Explainer(const Json& root) : root_(root) {}

  void look(const Json& schema, const Json& value, const std::string& pointer) {
    if (found_.size() >= kMaxViolations || ++steps_ > 100'000) return;
    if (schema == false) return add(pointer, "is not allowed");
    if (!schema.is_object()) return;
    if (const auto ref = schema.find("$ref"); ref != schema.end()) return follow(*ref, value, pointer);
    if (!has_right_type(schema, value, pointer)) return;
    check_choice(schema, value, pointer);
    if (value.is_number()) check_number(schema, value, pointer);
    if (value.is_string()) {
      check_count(schema, "minLength", "maxLength", characters(value.get_ref<const std::string&>()),
                  "character", pointer);
    }
    if (value.is_array()) check_array(schema, value, pointer);
    if (value.is_object()) check_object(schema, value, pointer);
    if (const auto all = schema.find("allOf"); all != schema.end()) {
      for (const Json& part : *all) look(part, value, pointer);
    }
    for (const char* keyword : {"anyOf", "oneOf", "not", "if", "contains", "dependencies", "propertyNames"}) {
      if (schema.contains(keyword)) suspects_.push_back({pointer, keyword});
    }
  }

  std::vector<Violation> take() {
    if (!found_.empty()) return std::move(found_);
    if (suspects_.size() == 1) {
      return {{suspects_[0].first, "does not fit \"" + suspects_[0].second + "\" in the schema"}};
    }
    return {{"", "does not fit the schema"}};
  }

 private:
  void add(std::string pointer, std::string message) {
    if (found_.size() < kMaxViolations) found_.push_back({std::move(pointer), std::move(message)});
  }

  void follow(const Json& ref, const Json& value, const std::string& pointer) {
    const Json* target = find_referred(root_, ref.get_ref<const std::string&>());
    if (target != nullptr) look(*target, value, pointer);
  }

  bool has_right_type(const Json& schema, const Json& value, const std::string& pointer) {
    const auto type = schema.find("type");
    if (type == schema.end()) return true;
    std::string wanted;
    for (const Json& name : type->is_array() ? *type : Json::array({*type})) {
      if (is_of_type(value, name.get_ref<const std::string&>())) return true;
      wanted += (wanted.empty() ? "" : " or ") + with_article(name);
    }
    const bool too_large = value.is_number_unsigned() && wanted == "an integer";
    add(pointer, "must be " + wanted + (too_large ? " of at most 64 bits" : "") + ", but is " + shown(value));
    return too_large;  // a limit of the schema says more
  }

  void check_choice(const Json& schema, const Json& value, const std::string& pointer) {
    if (const auto only = schema.find("const"); only != schema.end() && *only != value) {
      add(pointer, "must be " + shown(*only) + ", but is " + shown(value));
    }
    const auto choice = schema.find("enum");
    if (choice == schema.end() || std::find(choice->begin(), choice->end(), value) != choice->end()) return;
    std::string names;
    for (const Json& one : *choice) names += (names.empty() ? "" : ", ") + shown(one);
    add(pointer, "must be one of " + names + ", but is " + shown(value));
  }

  void check_number(const Json& schema, const Json& value, const std::string& pointer) {
    const auto number = value.get<double>();
    const auto check = [&](const char* keyword, const char* words, auto fits) {
      const auto limit = schema.find(keyword);
      if (limit == schema.end() || fits(number, limit->get<double>())) return;
      // A limit that was prepared as a double prints as an integer again.
      const auto text = is_integer(*limit) ? std::to_string(limit->get<std::int64_t>()) : print_json(*limit);
      add(pointer, std::string("must be ") + words + " " + text + ", but is " + print_json(value));
    };
    check("minimum", "at least", std::greater_equal<>());
    check("maximum", "at most", std::less_equal<>());
    check("exclusiveMinimum", "more than", std::greater<>());
    check("exclusiveMaximum", "less than", std::less<>());
    check(kMultipleOf, "a multiple of", is_multiple);
  }

  void check_count(const Json& schema, const char* least, const char* most, std::size_t count,
                   const char* noun, const std::string& pointer) {
    if (const auto limit = schema.find(least); limit != schema.end() && count < limit->get<std::size_t>()) {
      add(pointer, "must have at least " + counted(*limit, noun) + ", but has " + std::to_string(count));
    }
    if (const auto limit = schema.find(most); limit != schema.end() && count > limit->get<std::size_t>()) {
      add(pointer, "must have at most " + counted(*limit, noun) + ", but has " + std::to_string(count));
    }
  }

  void check_array(const Json& schema, const Json& value, const std::string& pointer) {
    check_count(schema, "minItems", "maxItems", value.size(), "item", pointer);
    if (schema.value("uniqueItems", false)) suspects_.push_back({pointer, "uniqueItems"});
    const auto items = schema.find("items");
    if (items == schema.end()) return;
    for (std::size_t i = 0; i < value.size() && found_.size() < kMaxViolations; ++i) {
      const auto place = pointer + "/" + std::to_string(i);
      if (!items->is_array()) {
        look(*items, value[i], place);
      } else if (i < items->size()) {
        look((*items)[i], value[i], place);
      } else if (const auto rest = schema.find("additionalItems"); rest != schema.end()) {
        look(*rest, value[i], place);
      }
    }
  }

  void check_object(const Json& schema, const Json& value, const std::string& pointer) {
    check_count(schema, "minProperties", "maxProperties", value.size(), "member", pointer);
    if (const auto required = schema.find("required"); required != schema.end()) {
      for (const Json& name : *required) {
        const auto& text = name.get_ref<const std::string&>();
        if (!value.contains(text)) add(pointer + "/" + escaped(text), "is required");
      }
    }
    const auto properties = schema.find("properties");
    const auto others = schema.find("additionalProperties");
    for (const auto& [name, member] : value.items()) {
      const auto place = pointer + "/" + escaped(shortened(name));
      if (properties != schema.end() && properties->contains(name)) {
        look((*properties)[name], member, place);
      } else if (others != schema.end() && *others == false) {
        add(place, "is not a known parameter");
      } else if (others != schema.end()) {
        look(*others, member, place);
      }
    }
  }

  const Json& root_;
  std::vector<Violation> found_;
  std::vector<std::pair<std::string, std::string>>
      suspects_;  // keywords not explained, with where they apply
  int steps_ = 0;
};

}  // namespace

std::vector<Violation> explain(const Json& schema, const Json& value) {
  Explainer explainer(schema);
  explainer.look(schema, value, "");
  return explainer.take();
}

}  // namespace ipc
