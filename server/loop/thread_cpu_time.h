#pragma once
// What the calling thread has used of its cores. Used by real_time_loop.cpp and offload/burn.cpp.

#include <time.h>

#include <chrono>

namespace loop {

/// User and system time, in all since the thread began (CLOCK_THREAD_CPUTIME_ID).
inline std::chrono::nanoseconds thread_cpu_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace loop
