#pragma once
// The tasks that this program offers, and how one is called. Knows neither the protocol's lines nor the
// command line, which both go through run_task().

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cruncher/task.h"

namespace cruncher {

/// The program's own, in order: of tasks/meson.build (tasks/built_in.cpp), or of CRUNCHER_TASKS (program.h).
std::span<const Task* const> all_tasks();

/// Null where there is no such task.
const Task* find_task(std::string_view name);

/// "spin, primes, …"
std::string task_names();

/// Fills in the defaults of the task's schema, and checks `params` (an object) against it. Null where they
/// fit. Throws std::bad_alloc and nothing else.
std::optional<ipc::Error> complete_params(const Task& task, ipc::Json& params);

/// The same, and then the task is run. Throws std::bad_alloc and nothing else.
TaskResult run_task(const Task& task, ipc::Json params, Progress& progress);

/// Reads the schemas of all tasks, so that no call has to. Throws std::bad_alloc and nothing else.
void read_all_schemas();

/// The OpenRPC 1.3 document that describes all tasks, https://spec.open-rpc.org.
ipc::Json describe_tasks();

}  // namespace cruncher
