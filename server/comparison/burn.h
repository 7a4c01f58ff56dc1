#pragma once
// The origin's busy loop, on whatever thread calls it. Knows no job: /blocking burns the loop's own thread
// with it, the worker threads theirs.

#include <atomic>

#include "server/loop/loop.h"

namespace comparison {

/// Uses `cpu` of the calling thread's CPU time, or less where `stop` becomes true or `deadline` passes.
/// Returns the milliseconds of CPU time that it used.
double burn_cpu(Milliseconds cpu, Deadline deadline = Deadline::max(),
                const std::atomic<bool>* stop = nullptr);

}  // namespace comparison
