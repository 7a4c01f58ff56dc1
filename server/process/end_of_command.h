#pragma once
// How a command ends that gave no answer. Used by run_command.cpp and stream_command.cpp.

#include <optional>
#include <string>

#include "server/process/command.h"
#include "server/process/stderr_reader.h"

namespace process {

/// Why the process that ended so, and had written so much to stdout, gave no answer, if it gave none.
std::optional<Failure> fault_of(const WaitStatus& end, const Command& command, std::size_t written,
                                const std::string& stderr_tail);
Failure too_large(const JobLimits& limits);
Failure too_late(Clock::time_point given);

/// Asks it to end, and waits a moment for what it has cost.
awaitable<> see_it_die(Process& process, const EndPolicy& policy, StderrReader& err);

}  // namespace process
