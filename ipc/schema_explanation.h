#pragma once
// Why a value does not fit a schema, in words for the one who sent it. Knows no valijson: that gives the
// verdict, this the reasons, so that they name value and limit and stay few for a hostile value. Called by
// schema.cpp alone.

#include <vector>

#include "ipc/schema.h"

namespace ipc {

/// At least one violation and at most 16, for a `value` that is known not to fit `schema`.
std::vector<Violation> explain(const Json& schema, const Json& value);

}  // namespace ipc
