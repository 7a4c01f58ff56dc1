#include "ipc/schema_preparation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <stdexcept>
#include <string_view>

#include "ipc/schema_terms.h"

namespace ipc {
namespace {

// Where a schema holds further schemas: as lists or maps of them, or as one.
constexpr std::string_view kOfMany[] = {"properties", "definitions", "dependencies",
                                        "allOf",      "anyOf",       "oneOf"};
constexpr std::string_view kOfOne[] = {
    "items", "additionalItems", "additionalProperties", "propertyNames", "contains", "not", "if", "then",
    "else"};
// Those of them that look at the same value again, not at a part of it.
constexpr std::string_view kInPlace[] = {"dependencies", "allOf", "anyOf", "oneOf",
                                         "not",          "if",    "then",  "else"};
constexpr std::string_view kTypes[] = {"array", "boolean", "integer", "null", "number", "object", "string"};

bool is_one_of(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void check_type(const Json& type) {
  if (type.is_array()) {
    for (const Json& name : type) check_type(name);
  } else if (!type.is_string() || !is_one_of(kTypes, type.get_ref<const std::string&>())) {
    throw std::invalid_argument("there is no type " + print_json(type));
  }
}

void prepare(Json& schema) {
  if (schema.is_array()) {  // `items`, or the property names in `dependencies`
    for (Json& one : schema) prepare(one);
    return;
  }
  if (!schema.is_object()) return;
  if (schema.erase("patternProperties") > 0) schema.erase("additionalProperties");
  schema.erase("pattern");
  schema.erase("format");
  schema.erase("uniqueItems");  // each item would be compared with each
  for (auto& [keyword, value] : schema.get_ref<Json::object_t&>()) {
    if (keyword == "type") check_type(value);
    // As an integer it would be compared with the integer part of a value only.
    if (keyword == "multipleOf" && value.is_number()) value = value.get<double>();
    if (is_one_of(kOfOne, keyword)) prepare(value);
    if (is_one_of(kOfMany, keyword)) {
      for (Json& one : value) prepare(one);
    }
  }
}

bool has_reference(const Json& place) {
  if (!place.is_structured()) return false;
  return place.contains("$ref") || std::any_of(place.begin(), place.end(), has_reference);
}

// Looks for a chain of schemas that ends where it began, all of them about the same value.
class CycleSearch {
 public:
  explicit CycleSearch(const Json& root) : root_(root) {}

  void visit(const Json& schema) {
    const auto [state, is_new] = states_.try_emplace(&schema, State::open);
    if (!is_new) {
      if (state->second == State::open)
        throw std::invalid_argument("a $ref leads back to itself, or to another document");
      return;
    }
    if (schema.is_array()) visit_all(schema);
    if (schema.is_object()) visit_in_place(schema);
    states_[&schema] = State::done;
  }

  // Any schema can be the start, so every place below is one.
  void visit_everywhere(const Json& place) {
    if (!place.is_structured()) return;
    visit(place);
    for (const Json& inner : place) visit_everywhere(inner);
  }

 private:
  enum class State { open, done };

  void visit_all(const Json& schemas) {
    for (const Json& one : schemas) visit(one);
  }

  void visit_in_place(const Json& schema) {
    if (const auto ref = schema.find("$ref"); ref != schema.end() && ref->is_string()) {
      const Json* target = find_referred(root_, ref->get_ref<const std::string&>());
      if (target != nullptr) visit(*target);
    }
    for (const auto& [keyword, inner] : schema.get_ref<const Json::object_t&>()) {
      if (!is_one_of(kInPlace, keyword)) continue;
      if (keyword == "dependencies" || inner.is_array()) {
        visit_all(inner);
      } else {
        visit(inner);
      }
    }
  }

  const Json& root_;
  std::map<const Json*, State> states_;
};

}  // namespace

bool has_misread_number(const Json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
  if (value.is_number_float()) {
    const auto number = value.get<double>();
    return std::trunc(number) == number && std::abs(number) < 0x1p53;
  }
  return value.is_structured() && std::any_of(value.begin(), value.end(), has_misread_number);
}

void respell_numbers(Json& value) {
  if (value.is_structured()) {
    for (Json& member : value) respell_numbers(member);
  } else if (has_misread_number(value)) {
    value = value.is_number_unsigned() ? Json(value.get<double>()) : Json(value.get<std::int64_t>());
  }
}

void prepare_schema(Json& schema) {
  respell_numbers(schema);
  prepare(schema);
  if (has_reference(schema)) CycleSearch(schema).visit_everywhere(schema);
}

}  // namespace ipc
