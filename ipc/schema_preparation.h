#pragma once
// Puts schemas and values into the form that valijson 1.0 reads rightly, and refuses schemas that would harm
// it. Knows nothing of validation itself. Called by schema.cpp alone.

#include "ipc/json.h"

namespace ipc {

/// Whether a number in `value` is spelled in a way that valijson misreads: `1.0` is no integer to it, and
/// 2^64-1 is -1.
bool has_misread_number(const Json& value);

/// Spells those numbers so that they are read rightly; nothing else changes.
void respell_numbers(Json& value);

/// Respells the numbers of a schema, renames `multipleOf` (kMultipleOf), sets aside the keywords that Schema
/// does not check, with each `not`, `oneOf` and `if` that would refuse valid values without them, and throws
/// std::invalid_argument for an unknown type name and for a `$ref` that leads back to itself without going
/// down into the value.
void prepare_schema(Json& schema);

}  // namespace ipc
