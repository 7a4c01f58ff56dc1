#pragma once
// From the words after a task's name to its params, guided by the task's schema. Knows no task by name and
// checks no bounds: that is the schema's. Called by command_line.cpp.

#include <optional>
#include <span>
#include <string>
#include <variant>

#include "ipc/json.h"

namespace cruncher {

struct Options {
  ipc::Json params = ipc::Json::object();
  bool params_from_stdin = false;     ///< `--params -`: a JSON object, which the named options are put over
  std::optional<std::string> output;  ///< `--output FILE`
  bool help = false;
};

/// One sentence about what is wrong with the words.
struct UsageError {
  std::string message;
};

/// `--limit 5`, `--limit=5`, `--memory-kib 5` for `memory_kib`. Words that are no number where the schema
/// wants one are kept as text, for the schema to refuse.
std::variant<Options, UsageError> parse_options(const ipc::Json& params_schema, std::span<char* const> words);

}  // namespace cruncher
