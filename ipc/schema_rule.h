#pragma once
// What a compiled schema consists of, and how a value is led through it. Knows no keyword: each is understood
// by one rule, in schema_value_rules.cpp, schema_part_rules.cpp or schema_logic_rules.cpp. Used by the
// schema*.cpp files alone.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ipc/schema.h"

namespace ipc {

class SchemaWalk;

/// One keyword of one schema, or a few that only mean something together.
class SchemaRule {
 public:
  virtual ~SchemaRule() = default;
  virtual Fit check(const Json& value, SchemaWalk& walk) const = 0;
};

/// A schema. Lives at one address until all of the document is destroyed, since rules refer to it.
struct SchemaNode {
  bool takes_nothing = false;        ///< the schema `false`
  std::unique_ptr<SchemaRule> type;  ///< checked first: without the right type the others say little
  std::vector<std::unique_ptr<SchemaRule>> rules;
  std::vector<const SchemaNode*> same_value;  ///< schemas that its rules apply to the very same value
};

/// For rules that hold schemas: compiles the document's places.
class SchemaCompiler {
 public:
  virtual ~SchemaCompiler() = default;

  /// The schema at `place`, compiled some time before the first check.
  virtual const SchemaNode& part(const Json& place) = 0;
  /// The same; the rule that is being made applies it to its own value.
  virtual const SchemaNode& same_value(const Json& place) = 0;
};

using SchemaRulePtr = std::unique_ptr<SchemaRule>;

/// Makes the rule of some keywords. Null where `schema` has none of them. Throws std::invalid_argument.
using MakeRule = SchemaRulePtr (*)(const Json& schema, SchemaCompiler& compiler);

SchemaRulePtr make_type(const Json& schema, SchemaCompiler& compiler);
SchemaRulePtr make_choice(const Json& schema, SchemaCompiler& compiler);  // const, enum
SchemaRulePtr make_number(const Json& schema, SchemaCompiler& compiler);  // minimum, multipleOf, …
SchemaRulePtr make_string(const Json& schema, SchemaCompiler& compiler);  // minLength, pattern, format, …
SchemaRulePtr make_array(const Json& schema, SchemaCompiler& compiler);   // items, minItems, contains, …
SchemaRulePtr make_object(const Json& schema, SchemaCompiler& compiler);  // properties, required, …
SchemaRulePtr make_names(const Json& schema, SchemaCompiler& compiler);   // propertyNames
SchemaRulePtr make_dependencies(const Json& schema, SchemaCompiler& compiler);
SchemaRulePtr make_all_of(const Json& schema, SchemaCompiler& compiler);
SchemaRulePtr make_any_of(const Json& schema, SchemaCompiler& compiler);
SchemaRulePtr make_one_of(const Json& schema, SchemaCompiler& compiler);
SchemaRulePtr make_not(const Json& schema, SchemaCompiler& compiler);
SchemaRulePtr make_condition(const Json& schema, SchemaCompiler& compiler);  // if, then, else

/// A value on its way through a schema: where it is, what was found wrong, and how many steps are left.
class SchemaWalk {
 public:
  explicit SchemaWalk(std::size_t steps) : steps_(steps) {}

  /// Whether the value fits; what is wrong is noted.
  Fit apply(const SchemaNode& schema, const Json& value);
  Fit apply_to_member(const SchemaNode& schema, const std::string& name, const Json& member);
  Fit apply_to_item(const SchemaNode& schema, std::size_t index, const Json& item);
  /// Whether it fits, for a schema that it need not fit.
  Fit try_out(const SchemaNode& schema, const Json& value);

  /// Notes what `words()` says of the place where the value is, or of its member `name`. Returns Fit::no.
  template <typename Words>
  Fit refuse(Words words) {
    if (wants_words()) note(words(), nullptr);
    return Fit::no;
  }
  Fit refuse_member(const std::string& name, std::string_view words) {
    if (wants_words()) note(std::string(words), &name);
    return Fit::no;
  }

  /// False, from then on for ever, where there are no more steps.
  bool spend(std::size_t steps) {
    const bool enough = steps <= steps_;
    steps_ = enough ? steps_ - steps : 0;
    is_over_ |= !enough;
    return enough;
  }
  /// Steps for reading a text.
  bool spend_on(std::string_view text) { return spend(1 + text.size() / 32); }

  bool is_over() const { return is_over_; }
  /// Whether the rest of what all must fit need not be looked at, if `fit` is what it has come to so far.
  bool is_settled(Fit fit) const { return is_over_ || (fit == Fit::no && !wants_words()); }

  std::vector<Violation>& violations() { return violations_; }

 private:
  bool wants_words() const;
  void note(std::string message, const std::string* member);
  Fit run(const SchemaNode& schema, const Json& value);

  struct Step {
    const std::string* name;  // null for an item
    std::size_t index;
  };

  std::size_t steps_;
  bool is_over_ = false;
  int trials_ = 0;  // schemas being tried out, one inside the other
  int depth_ = 0;   // of calls
  std::vector<Step> place_;
  std::vector<Violation> violations_;
};

// Words and comparisons that several rules need.

/// `Fit::no` with the words that it does not fit that keyword.
Fit misfit(SchemaWalk& walk, std::string_view keyword);

/// A number with all of its 64 bits.
long double number_of(const Json& number);

/// Whether a number is whole and within std::int64_t.
bool is_integer(const Json& number);

/// "an array", "\"text\"", "5": a value as it is shown to its sender.
std::string shown(const Json& value);

/// "a string", "an integer"
std::string with_article(const std::string& type);

/// The number of a keyword such as minLength: throws where it is no whole number from 0 on.
std::size_t count_of(const Json& schema, const char* keyword, std::size_t otherwise);

/// Refuses a count that is not between `least` and `most`.
Fit check_count(std::size_t count, std::size_t least, std::size_t most, std::string_view noun,
                SchemaWalk& walk);

/// Throws std::invalid_argument: "\"keyword\" must be …".
[[noreturn]] void refuse_keyword(std::string_view keyword, std::string_view must_be);

/// The keyword's value where the schema has it and it is of that type, null where it is missing. Throws.
const Json* find_keyword(const Json& schema, const char* keyword, Json::value_t type);

}  // namespace ipc
