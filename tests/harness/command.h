#pragma once
// A program that runs to its end: what it printed and how it ended. Knows no protocol.
// For starts that a server refuses, and for the cruncher on its own.

#include <string>
#include <string_view>
#include <vector>

#include "tests/harness/patience.h"

namespace harness {

struct CommandResult {
  int exit_code = 0;  ///< 128 + n where signal n ended it
  std::string out;
  std::string err;
};

/// Runs `arguments` (the first is the program's path) with `input` on its stdin, which is then closed.
/// Throws std::runtime_error where it cannot be started, or still runs after `within` (it is killed then).
CommandResult run_command(const std::vector<std::string>& arguments, std::string_view input = "",
                          milliseconds within = std::chrono::seconds(20));

}  // namespace harness
