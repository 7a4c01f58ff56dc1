#pragma once
// One JSON Schema (draft-07), compiled once, asked many times. Knows no task and no message.
// The server checks params before a process is used; the cruncher checks them again, since it trusts nobody.

#include <memory>
#include <string>
#include <vector>

#include "ipc/json.h"

namespace ipc {

/// One thing wrong with a value. `pointer` is a JSON Pointer (RFC 6901) to the offending place ("" is the
/// whole value); `message` names the value and the limit in one English sentence, without the field's name.
struct Violation {
  std::string pointer;
  std::string message;
};

/// Numbers: a whole number is an integer however it is written (`1.0`, `1e3`), as draft-07 says, but not
/// beyond the 64 bits of std::int64_t. Not checked: `pattern`, `patternProperties` and `format`, since a
/// regular expression over a stranger's text has no bound in time or stack, and `uniqueItems`, whose cost
/// grows with the square of the items; nor any `not`, `oneOf` or `if` as far as it depends on one of them,
/// for that would refuse valid values. Whoever needs them checks them in its own, killable process.
class Schema {
 public:
  /// Throws std::invalid_argument with a sentence where `schema` is no usable draft-07 schema.
  explicit Schema(Json schema);
  Schema(Schema&&) noexcept;
  Schema& operator=(Schema&&) noexcept;
  ~Schema();

  /// What is wrong with `value` (the first few things, where there are many), empty where nothing is.
  /// Safe to call from several threads at once.
  std::vector<Violation> validate(const Json& value) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

/// `[{"pointer": …, "message": …}, …]`, as it stands in error.data.errors and in a problem document's errors.
Json to_json(const std::vector<Violation>& violations);

}  // namespace ipc
