#pragma once
// One JSON Schema (draft-07), compiled once, asked many times. Knows no task and no message.
// The server checks params before a process is used. The cruncher checks them again, since it trusts nobody.

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

/// Whether a value fits a schema. `undecided`: the check did not find out. Ordered, so that the fit of all is
/// the least and the fit of any is the greatest.
enum class Fit { no, undecided, yes };

/// What a check came to. With `no` there is at least one violation, otherwise none.
struct Verdict {
  Fit fit = Fit::yes;
  std::vector<Violation> violations;  ///< 16 at most
};

/// Steps of a check that has no bound.
inline constexpr std::size_t kUnbounded = SIZE_MAX;

/// Steps for a check that other work waits for; enough for any usual schema over a text of that many bytes.
/// A step takes some nanoseconds, so a text of 4 KiB takes less than a millisecond.
constexpr std::size_t steps_for(std::size_t bytes) {
  return std::max<std::size_t>(20'000, 5 * bytes);
}

/// Numbers: a whole number is an integer however it is written (`1.0`, `1e16`), as draft-07 says, but not
/// beyond the 64 bits of std::int64_t. Left undecided: `pattern`, `patternProperties` and `format`, since a
/// regular expression over a stranger's text has no bound in time or stack, and `uniqueItems`, whose cost
/// grows with the square of the items. What depends on one of them is undecided only as far as it does.
/// Whoever needs them checks them in its own, killable process.
class Schema {
 public:
  /// Throws std::invalid_argument with a sentence where `schema` is no usable draft-07 schema.
  explicit Schema(Json schema);
  Schema(Schema&&) noexcept;
  Schema& operator=(Schema&&) noexcept;
  ~Schema();

  /// What is wrong with `value`, the first few things where there are many. Gives up as `undecided` after
  /// `steps`. Safe to call from several threads at once.
  Verdict check(const Json& value, std::size_t steps) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

/// `[{"pointer": …, "message": …}, …]`, as it stands in error.data.errors and in a problem document's errors.
Json to_json(const std::vector<Violation>& violations);

}  // namespace ipc
