#pragma once
// The texts of --help and --list, made from what the tasks say of themselves. Called by command_line.cpp.

#include <optional>
#include <string>

#include "cruncher/task.h"

namespace cruncher {

std::string general_help();
std::string task_help(const Task& task);

/// A line for each task: its name and its summary.
std::string task_list();

/// The member of the task's result that `--output FILE` can write: the one with contentEncoding base64.
std::optional<std::string> binary_member(const Task& task);

}  // namespace cruncher
