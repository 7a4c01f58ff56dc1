#pragma once
// Why a start cannot be, for whoever typed the flags. Thrown by startup.h and users.h.

#include <stdexcept>

namespace server {

/// The sentence says what to change.
struct RefusedStart : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace server
