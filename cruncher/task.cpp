#include "cruncher/task.h"

#include <utility>

#include "ipc/schema.h"

namespace cruncher {

ipc::Error param_error(std::string pointer, std::string message) {
  const auto violations = ipc::to_json(std::vector<ipc::Violation>{{std::move(pointer), std::move(message)}});
  return {static_cast<int>(ipc::ErrorCode::invalid_params), "invalid params", {{"errors", violations}}};
}

ipc::Error failure(std::string message) {
  return {static_cast<int>(ipc::ErrorCode::task_failed), std::move(message), nullptr};
}

}  // namespace cruncher
