#pragma once
// The origin's busy loop, on whatever thread calls it. Knows no job: /blocking burns the loop's own thread
// with it, the worker threads theirs.

#include <functional>

#include "server/loop/loop.h"

namespace comparison {

/// Uses `cpu` of the calling thread's CPU time, or less where `stop` says so, which is asked every ten
/// microseconds or so. Returns the milliseconds of CPU time that it used.
double burn_cpu(Milliseconds cpu, const std::function<bool()>& stop);

}  // namespace comparison
