#pragma once
// Room for many connections in a test: an ordinary user's programs begin with 1,024 descriptors.

#include <sys/resource.h>

#include <cstddef>

namespace harness {

/// Raises this process's soft limit of descriptors to `wanted`, where it is lower. False where it may not.
inline bool allow_open_files(std::size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return true;
  limit.rlim_cur = wanted;
  return limit.rlim_max >= wanted && ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

}  // namespace harness
