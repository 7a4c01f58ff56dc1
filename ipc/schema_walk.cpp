#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>

#include "ipc/schema_rule.h"

namespace ipc {
namespace {

constexpr std::size_t kMaxViolations = 16;

// Schemas inside schemas, each a few hundred bytes of stack. A value is at most kMaxDepth deep; more of them
// are references.
constexpr int kMaxCalls = 2000;

// Longest name in a pointer. A name that is cut leads nowhere, but its reader will find it.
constexpr std::size_t kMaxName = 200;

std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : shortened(name, kMaxName)) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace

bool SchemaWalk::wants_words() const {
  return trials_ == 0 && violations_.size() < kMaxViolations;
}

void SchemaWalk::note(std::string message, const std::string* member) {
  std::string pointer;
  for (const auto& [name, index] : place_)
    pointer += "/" + (name != nullptr ? escaped(*name) : std::to_string(index));
  if (member != nullptr) pointer += "/" + escaped(*member);
  violations_.push_back({std::move(pointer), std::move(message)});
}

Fit SchemaWalk::run(const SchemaNode& schema, const Json& value) {
  if (!spend(1) || depth_ >= kMaxCalls) return Fit::undecided;
  if (schema.takes_nothing) return refuse([] { return "is not allowed"; });
  if (schema.type && schema.type->check(value, *this) == Fit::no) return Fit::no;
  Fit all = Fit::yes;
  for (const auto& rule : schema.rules) {
    all = std::min(all, spend(1) ? rule->check(value, *this) : Fit::undecided);
    if (is_settled(all)) break;
  }
  return is_over_ ? std::min(all, Fit::undecided) : all;
}

Fit SchemaWalk::apply(const SchemaNode& schema, const Json& value) {
  ++depth_;
  const Fit fit = run(schema, value);
  --depth_;
  return fit;
}

Fit SchemaWalk::apply_to_member(const SchemaNode& schema, const std::string& name, const Json& member) {
  place_.push_back({&name, 0});
  const Fit fit = apply(schema, member);
  place_.pop_back();
  return fit;
}

Fit SchemaWalk::apply_to_item(const SchemaNode& schema, std::size_t index, const Json& item) {
  place_.push_back({nullptr, index});
  const Fit fit = apply(schema, item);
  place_.pop_back();
  return fit;
}

Fit SchemaWalk::try_out(const SchemaNode& schema, const Json& value) {
  ++trials_;
  const Fit fit = apply(schema, value);
  --trials_;
  return fit;
}

Fit misfit(SchemaWalk& walk, std::string_view keyword) {
  return walk.refuse([&] { return "does not fit \"" + std::string(keyword) + "\" in the schema"; });
}

long double number_of(const Json& number) {
  static_assert(std::numeric_limits<long double>::digits >= 64);
  if (number.is_number_unsigned()) return static_cast<long double>(number.get<std::uint64_t>());
  if (number.is_number_integer()) return static_cast<long double>(number.get<std::int64_t>());
  return number.get<double>();
}

bool is_integer(const Json& number) {
  if (!number.is_number()) return false;
  const auto value = number_of(number);
  return std::trunc(value) == value && value >= -0x1p63L && value < 0x1p63L;
}

std::string with_article(const std::string& type) {
  if (type == "null") return type;
  return (type == "integer" || type == "object" || type == "array" ? "an " : "a ") + type;
}

std::string shown(const Json& value) {
  if (value.is_structured()) return with_article(value.type_name());
  return print_json(value.is_string() ? Json(shortened(value.get_ref<const std::string&>())) : value);
}

std::size_t count_of(const Json& schema, const char* keyword, std::size_t otherwise) {
  const auto count = schema.find(keyword);
  if (count == schema.end()) return otherwise;
  if (!is_integer(*count) || number_of(*count) < 0)
    refuse_keyword(keyword, "a whole number that is not negative");
  return static_cast<std::size_t>(number_of(*count));
}

Fit check_count(std::size_t count, std::size_t least, std::size_t most, std::string_view noun,
                SchemaWalk& walk) {
  const auto refuse = [&](const char* words, std::size_t limit) {
    return walk.refuse(
        [&] { return "must have " + (words + counted(limit, noun)) + ", but has " + std::to_string(count); });
  };
  Fit fit = Fit::yes;
  if (count < least) fit = refuse("at least ", least);
  if (count > most) fit = refuse("at most ", most);
  return fit;
}

void refuse_keyword(std::string_view keyword, std::string_view must_be) {
  throw std::invalid_argument("\"" + std::string(keyword) + "\" must be " + std::string(must_be));
}

const Json* find_keyword(const Json& schema, const char* keyword, Json::value_t type) {
  const auto value = schema.find(keyword);
  if (value == schema.end()) return nullptr;
  if (value->type() != type) refuse_keyword(keyword, with_article(Json(type).type_name()));
  return &*value;
}

}  // namespace ipc
