#pragma once
// How figures become JSON, and what a schema says of them. Used by all that /status is made of.

#include <chrono>
#include <optional>
#include <string>

#include "ipc/json.h"

namespace telemetry {

/// Without digits that say nothing.
double rounded(double value);
std::optional<double> rounded(std::optional<double> value);

template <typename T>
ipc::Json or_null(const std::optional<T>& value) {
  return value ? ipc::Json(*value) : ipc::Json(nullptr);
}

/// RFC 3339, in UTC, to the second.
std::string time_text(std::chrono::system_clock::time_point time);

/// The schema of an object that has all of these members, and no promise that it will never have more.
ipc::Json object_of(ipc::Json properties);

}  // namespace telemetry
