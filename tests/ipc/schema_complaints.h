#pragma once
// What a schema's check says, to be compared at a glance. Knows no schema.

#include <string>

#include "ipc/schema.h"

namespace ipc_test {

/// The violations as "pointer: message" lines.
inline std::string complaints(const ipc::Json& schema, const ipc::Json& value) {
  std::string all;
  for (const auto& [pointer, message] : ipc::Schema(schema).check(value, ipc::kUnbounded).violations) {
    all += (all.empty() ? "" : "\n") + pointer + ": " + message;
  }
  return all;
}

inline std::string complaints(const char* schema, const char* value) {
  return complaints(ipc::Json::parse(schema), ipc::Json::parse(value));
}

}  // namespace ipc_test
