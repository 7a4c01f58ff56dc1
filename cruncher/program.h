#pragma once
// For a cruncher of one's own, built against the installed library libcruncher: it has main(), the protocol,
// the command line and the sandbox. One file of the program names its tasks with CRUNCHER_TASKS. Nothing in
// this tree includes it.

#include <span>

#include "cruncher/task.h"

namespace cruncher {

std::span<const Task* const> all_tasks();

}  // namespace cruncher

/// Outside of all namespaces, once per program: the addresses of constant-initialised tasks.
#define CRUNCHER_TASKS(...)                                         \
  std::span<const cruncher::Task* const> cruncher::all_tasks() {    \
    static constexpr const cruncher::Task* tasks[] = {__VA_ARGS__}; \
    return tasks;                                                   \
  }
