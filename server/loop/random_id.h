#pragma once
// Unpredictable ids: of requests without one of their own, of JSON-RPC requests, of jobs. Knows none of them.

#include <string>

namespace loop {

/// 128 bits from the kernel's randomness, as 32 digits of hex.
std::string random_id();

}  // namespace loop
