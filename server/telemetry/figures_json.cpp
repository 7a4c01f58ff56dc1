#include "server/telemetry/figures_json.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>

namespace telemetry {

double rounded(double value) {
  return std::round(value * 1e3) / 1e3;
}

std::optional<double> rounded(std::optional<double> value) {
  if (value) value = rounded(*value);
  return value;
}

std::string time_text(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

ipc::Json object_of(ipc::Json properties) {
  auto names = ipc::Json::array();
  for (const auto& [name, schema] : properties.items()) names.push_back(name);
  return {{"type", "object"}, {"required", std::move(names)}, {"properties", std::move(properties)}};
}

}  // namespace telemetry
