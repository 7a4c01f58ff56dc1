#pragma once
// Whether two requests with one Idempotency-Key are the same: a digest of all that their job depends on.
// Blocks for long contents. Used by database.cpp.

#include <string>

#include "server/jobs/record.h"

namespace jobs {

/// BLAKE2b, 256 bits, of the task, the query, both media types and the content. Throws StoreError.
std::string digest_of(const Submission& submission);

}  // namespace jobs
