#include "ipc/schema_preparation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

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

// Sets aside what is not checked. That widens a schema: it takes more values than its author meant. All
// keywords around it are widened with it, and valid values still fit, but for `not`, `oneOf` and `if`, which
// then refuse some of them; so those are set aside as well, or weakened.
class Preparation {
 public:
  explicit Preparation(Json& root) : root_(root) {}

  void run() {
    meet(root_, nullptr);
    for (std::size_t i = 0; i < schemas_.size(); ++i) look_into(*schemas_[i]);
    for (Json* schema : schemas_) rename(*schema, "multipleOf", kMultipleOf);
    for (Json* schema : schemas_) set_aside_unchecked(*schema);
    for (Json* schema : schemas_) set_aside_inverted(*schema);
    if (is_changed_) respell_references();
  }

 private:
  void meet(Json& place, const Json* user) {
    if (place.is_array()) {  // `items`, or the property names in `dependencies`
      for (Json& one : place) meet(one, user);
    }
    if (!place.is_object()) return;
    const auto [users, is_new] = users_.try_emplace(&place);
    if (user != nullptr) users->second.push_back(user);
    if (is_new) schemas_.push_back(&place);
  }

  void look_into(Json& schema) {
    for (auto& [keyword, value] : schema.get_ref<Json::object_t&>()) {
      if (keyword == "type") check_type(value);
      if (is_one_of(kOfOne, keyword)) meet(value, &schema);
      if (is_one_of(kOfMany, keyword)) {
        for (Json& one : value) meet(one, keyword == "definitions" ? nullptr : &schema);
      }
      if (keyword == "$ref" && value.is_string()) {
        const auto& reference = value.get_ref<const std::string&>();
        const Json* target = find_referred(root_, reference);
        if (target == nullptr) continue;  // valijson refuses it
        if (reference.starts_with('#')) references_.emplace_back(&value, target);
        meet(const_cast<Json&>(*target), &schema);  // a part of root_, which is not const
      }
    }
  }

  void set_aside_unchecked(Json& schema) {
    bool is_wider = false;
    if (schema.contains("patternProperties")) set_aside(schema, "additionalProperties");
    for (const char* keyword : {"patternProperties", "pattern", "format", "uniqueItems"}) {
      is_wider |= set_aside(schema, keyword);  // of `uniqueItems` each item would be compared with each
    }
    if (is_wider) widen(&schema);
  }

  void widen(const Json* schema) {
    std::vector<const Json*> wider{schema};
    while (!wider.empty()) {
      const Json* next = wider.back();
      wider.pop_back();
      if (!wider_.insert(next).second) continue;
      const auto& users = users_.at(next);
      wider.insert(wider.end(), users.begin(), users.end());
    }
  }

  bool is_wider(const Json& schema, const char* keyword) const {
    const auto held = schema.find(keyword);
    if (held == schema.end()) return false;
    if (!held->is_array()) return wider_.contains(&*held);
    return std::any_of(held->begin(), held->end(), [this](const Json& one) { return wider_.contains(&one); });
  }

  void set_aside_inverted(Json& schema) {
    for (const char* keyword : {"not", "if"}) {  // `then` and `else` mean nothing without `if`
      if (is_wider(schema, keyword)) set_aside(schema, keyword);
    }
    if (!is_wider(schema, "oneOf")) return;
    if (schema.contains("anyOf")) {
      set_aside(schema, "oneOf");
    } else {
      rename(schema, "oneOf", "anyOf");
    }
  }

  // Under another name, since a `$ref` may lead there.
  bool set_aside(Json& schema, const std::string& keyword) {
    std::string name = "unchecked " + keyword;
    while (schema.contains(name)) name += '_';
    return rename(schema, keyword, std::move(name));
  }

  // The value keeps its address.
  bool rename(Json& schema, const std::string& keyword, std::string name) {
    auto& members = schema.get_ref<Json::object_t&>();
    auto member = members.extract(keyword);
    if (!member) return false;
    member.key() = std::move(name);
    members.insert(std::move(member));
    return is_changed_ = true;
  }

  void respell_references() {
    std::map<const Json*, std::string> places;
    note(root_, "", places);
    for (const auto& [reference, target] : references_) *reference = reference_to(places.at(target));
  }

  static void note(const Json& place, const std::string& pointer,
                   std::map<const Json*, std::string>& places) {
    places[&place] = pointer;
    if (!place.is_structured()) return;
    for (const auto& [name, inner] : place.items()) note(inner, pointer + "/" + escaped(name), places);
  }

  Json& root_;
  std::vector<Json*> schemas_;                             // all that valijson might reach
  std::map<const Json*, std::vector<const Json*>> users_;  // what holds or refers to each of them
  std::vector<std::pair<Json*, const Json*>> references_;  // each `$ref`, with what it means
  std::set<const Json*> wider_;
  bool is_changed_ = false;
};

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
  Preparation(schema).run();
  if (has_reference(schema)) CycleSearch(schema).visit_everywhere(schema);
}

}  // namespace ipc
