// The keywords about a value as a whole, a number or a text.

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_set>

#include "ipc/schema_rule.h"

namespace ipc {
namespace {

class TypeRule final : public SchemaRule {
 public:
  explicit TypeRule(std::vector<std::string> types) : types_(std::move(types)) {}

  Fit check(const Json& value, SchemaWalk& walk) const override {
    for (const auto& type : types_) {
      if (type == "integer" ? is_integer(value) : type == value.type_name()) return Fit::yes;
    }
    return walk.refuse([&] {
      std::string wanted;
      for (const auto& type : types_) wanted += (wanted.empty() ? "" : " or ") + with_article(type);
      const bool too_large =
          wanted == "an integer" && value.is_number() && std::trunc(number_of(value)) == number_of(value);
      return "must be " + wanted + (too_large ? " of at most 64 bits" : "") + ", but is " + shown(value);
    });
  }

 private:
  std::vector<std::string> types_;
};

// Equality as JSON Schema has it: numbers by their value. Undecided where there are no steps left.
Fit compare(const Json& a, const Json& b, SchemaWalk& walk) {
  if (!walk.spend(1)) return Fit::undecided;
  if (a.is_number() && b.is_number()) return number_of(a) == number_of(b) ? Fit::yes : Fit::no;
  if (a.type() != b.type() || (a.is_structured() && a.size() != b.size())) return Fit::no;
  if (!a.is_structured()) {
    if (a.is_string() && !walk.spend_on(a.get_ref<const std::string&>())) return Fit::undecided;
    return a == b ? Fit::yes : Fit::no;
  }
  Fit all = Fit::yes;
  for (auto in_a = a.begin(), in_b = b.begin(); in_a != a.end() && all == Fit::yes; ++in_a, ++in_b) {
    if (a.is_object() && (!walk.spend_on(in_a.key()) || in_a.key() != in_b.key())) return Fit::no;
    all = compare(*in_a, *in_b, walk);
  }
  return all;
}

// `enum`; `const` is one with a single choice.
class ChoiceRule final : public SchemaRule {
 public:
  ChoiceRule(std::vector<const Json*> choices, bool is_const)
      : all_(std::move(choices)), is_const_(is_const) {
    for (const Json* choice : all_) {
      if (choice->is_string()) {
        texts_.insert(choice->get_ref<const std::string&>());
      } else {
        others_.push_back(choice);
      }
    }
  }

  Fit check(const Json& value, SchemaWalk& walk) const override {
    Fit any = Fit::no;
    if (value.is_string()) {
      const auto& text = value.get_ref<const std::string&>();
      if (!walk.spend_on(text)) return Fit::undecided;
      if (texts_.contains(text)) any = Fit::yes;
    } else {
      for (auto other = others_.begin(); other != others_.end() && any != Fit::yes && !walk.is_over();
           ++other)
        any = std::max(any, compare(**other, value, walk));
    }
    if (any != Fit::no) return any;
    return walk.refuse([&] { return "must be " + choices() + ", but is " + shown(value); });
  }

 private:
  std::string choices() const {
    constexpr std::size_t kMost = 300;  // bytes, about
    std::string names;
    for (const Json* choice : all_) {
      if (names.size() > kMost) return "one of " + names + ", …";
      names += (names.empty() ? "" : ", ") + shown(*choice);
    }
    return (is_const_ ? "" : "one of ") + names;
  }

  std::vector<const Json*> all_;
  bool is_const_;
  std::unordered_set<std::string_view> texts_;
  std::vector<const Json*> others_;
};

// A double holds most fractions only nearly, so the numbers are taken as both are written.
bool is_multiple(long double value, long double divisor) {
  if (divisor == 0) return true;  // no schema of draft-07
  if (std::trunc(divisor) == divisor) return std::remainder(value, divisor) == 0;
  const auto times = static_cast<double>(value) / static_cast<double>(divisor);
  // Both were rounded when they were read, and the quotient is.
  const double error = 2 * std::numeric_limits<double>::epsilon() * std::abs(times);
  return !(std::abs(times - std::round(times)) > error);  // nor where the quotient is infinite
}

struct Bound {
  const char* keyword;
  const char* words;
  bool (*fits)(long double value, long double limit);
  std::size_t steps = 1;
};

constexpr Bound kBounds[] = {
    {"minimum", "at least", [](long double v, long double l) { return v >= l; }},
    {"maximum", "at most", [](long double v, long double l) { return v <= l; }},
    {"exclusiveMinimum", "more than", [](long double v, long double l) { return v > l; }},
    {"exclusiveMaximum", "less than", [](long double v, long double l) { return v < l; }},
    {"multipleOf", "a multiple of", is_multiple, 8}};  // numbers far apart

class NumberRule final : public SchemaRule {
 public:
  NumberRule(const Bound& bound, const Json& limit)
      : bound_(bound), limit_(limit), number_(number_of(limit)) {}

  Fit check(const Json& value, SchemaWalk& walk) const override {
    if (!value.is_number()) return Fit::yes;
    if (!walk.spend(bound_.steps)) return Fit::undecided;
    if (bound_.fits(number_of(value), number_)) return Fit::yes;
    return walk.refuse([&] {
      // A limit that is written as 5.0 is shown as 5.
      const auto limit =
          is_integer(limit_) ? std::to_string(static_cast<std::int64_t>(number_)) : print_json(limit_);
      return std::string("must be ") + bound_.words + " " + limit + ", but is " + print_json(value);
    });
  }

 private:
  const Bound& bound_;
  const Json& limit_;
  long double number_;
};

// Several rules as one.
class RuleList final : public SchemaRule {
 public:
  explicit RuleList(std::vector<SchemaRulePtr> rules) : rules_(std::move(rules)) {}

  Fit check(const Json& value, SchemaWalk& walk) const override {
    Fit all = Fit::yes;
    for (const auto& rule : rules_) all = std::min(all, rule->check(value, walk));
    return all;
  }

 private:
  std::vector<SchemaRulePtr> rules_;
};

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

class StringRule final : public SchemaRule {
 public:
  explicit StringRule(const Json& schema)
      : least_(count_of(schema, "minLength", 0)),
        most_(count_of(schema, "maxLength", SIZE_MAX)),
        is_checked_elsewhere_(find_keyword(schema, "pattern", Json::value_t::string) != nullptr ||
                              find_keyword(schema, "format", Json::value_t::string) != nullptr) {}

  Fit check(const Json& value, SchemaWalk& walk) const override {
    if (!value.is_string()) return Fit::yes;
    const auto& text = value.get_ref<const std::string&>();
    if (!walk.spend_on(text)) return Fit::undecided;
    return std::min(check_count(characters(text), least_, most_, "character", walk),
                    is_checked_elsewhere_ ? Fit::undecided : Fit::yes);
  }

 private:
  std::size_t least_;
  std::size_t most_;
  bool is_checked_elsewhere_;
};

}  // namespace

SchemaRulePtr make_type(const Json& schema, SchemaCompiler&) {
  static const std::set<std::string> known{"array",  "boolean", "integer", "null",
                                           "number", "object",  "string"};
  const auto type = schema.find("type");
  if (type == schema.end()) return nullptr;
  std::vector<std::string> types;
  for (const Json& name : type->is_array() ? *type : Json::array({*type})) {
    const auto* text = name.get_ptr<const std::string*>();
    if (!text || !known.contains(*text)) throw std::invalid_argument("there is no type " + shown(name));
    if (std::find(types.begin(), types.end(), *text) == types.end()) types.push_back(*text);
  }
  return std::make_unique<TypeRule>(std::move(types));
}

SchemaRulePtr make_choice(const Json& schema, SchemaCompiler&) {
  std::vector<SchemaRulePtr> rules;
  if (const auto only = schema.find("const"); only != schema.end())
    rules.push_back(std::make_unique<ChoiceRule>(std::vector<const Json*>{&*only}, true));
  if (const Json* choices = find_keyword(schema, "enum", Json::value_t::array)) {
    std::vector<const Json*> all;
    for (const Json& choice : *choices) all.push_back(&choice);
    rules.push_back(std::make_unique<ChoiceRule>(std::move(all), false));
  }
  return rules.empty() ? nullptr : std::make_unique<RuleList>(std::move(rules));
}

SchemaRulePtr make_number(const Json& schema, SchemaCompiler&) {
  std::vector<SchemaRulePtr> rules;
  for (const auto& bound : kBounds) {
    const auto limit = schema.find(bound.keyword);
    if (limit == schema.end()) continue;
    if (!limit->is_number()) refuse_keyword(bound.keyword, "a number");
    rules.push_back(std::make_unique<NumberRule>(bound, *limit));
  }
  return rules.empty() ? nullptr : std::make_unique<RuleList>(std::move(rules));
}

SchemaRulePtr make_string(const Json& schema, SchemaCompiler&) {
  for (const char* keyword : {"minLength", "maxLength", "pattern", "format"}) {
    if (schema.contains(keyword)) return std::make_unique<StringRule>(schema);
  }
  return nullptr;
}

}  // namespace ipc
