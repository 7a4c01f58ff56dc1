#pragma once
// Runs a task as the service does, for the tests of its answers.

#include <doctest/doctest.h>

#include <string_view>

#include "cruncher/catalogue.h"

namespace cruncher_test {

inline cruncher::TaskResult call(std::string_view task, ipc::Json params) {
  cruncher::NoProgress progress;
  return cruncher::run_task(*cruncher::find_task(task), std::move(params), progress);
}

inline ipc::Json result_of(std::string_view task, ipc::Json params) {
  auto result = call(task, std::move(params));
  REQUIRE_MESSAGE(std::holds_alternative<ipc::Json>(result), std::get<ipc::Error>(result).message);
  return std::get<ipc::Json>(std::move(result));
}

inline ipc::Error error_of(std::string_view task, ipc::Json params) {
  auto result = call(task, std::move(params));
  REQUIRE(std::holds_alternative<ipc::Error>(result));
  return std::get<ipc::Error>(std::move(result));
}

}  // namespace cruncher_test
