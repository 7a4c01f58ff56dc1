#pragma once
// Why a process that ended without an answer did so, in a sentence for its client. Knows no process and no
// pipe. Called by line_dialogue.h.

#include <string_view>

#include "server/process/job.h"
#include "server/process/outcome.h"
#include "server/process/wait_status.h"

namespace process {

/// Of whom it was killed by, only its limits, its own doing and the kernel are left: this server gives its
/// own reason before it kills. `begun` is the line
/// that it had begun on stdout.
Failure explain_end(const WaitStatus& end, const JobLimits& limits, std::string_view begun);

}  // namespace process
