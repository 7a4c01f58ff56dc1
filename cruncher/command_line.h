#pragma once
// The cruncher in a person's hands: `cruncher primes --limit 1000000` and the options that tell about it.
// Called by main() where there are arguments.

#include <span>

#include "cruncher/sandbox.h"

namespace cruncher {

/// Returns the exit code: 0 done, 1 the task failed, 2 wrong usage or params.
int run_command_line(std::span<char* const> arguments, Strictness strictness);

}  // namespace cruncher
