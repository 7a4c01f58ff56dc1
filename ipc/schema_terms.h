#pragma once
// What the verdict on a value, the preparation of a schema and the explanation must understand alike. Knows
// no valijson, but follows its reading. Called by the schema_*.cpp files and schema.cpp alone.

#include <string>
#include <string_view>

#include "ipc/json.h"

namespace ipc {

/// The name of `multipleOf` in a prepared schema, since valijson's own check takes 19.99 for no multiple of
/// 0.01.
inline constexpr const char* kMultipleOf = "multiple of";

/// Whether `value` is a multiple of `divisor` as both are written: a double holds most fractions only nearly.
bool is_multiple(double value, double divisor);

/// What a `$ref` means within `root`, or nullptr. The fragment is percent-decoded (RFC 3986; RFC 6901 section
/// 6) and read as leniently as valijson does, so that it follows no reference that is not found here.
const Json* find_referred(const Json& root, const std::string& reference);

/// A `$ref` to the place with that JSON Pointer.
std::string reference_to(std::string pointer);

/// A name as it stands in a JSON Pointer (RFC 6901 section 3).
std::string escaped(std::string_view name);

}  // namespace ipc
