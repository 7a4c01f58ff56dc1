#pragma once
// A limit of a process that runs, lowered for as long as the object lives.

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/types.h>

namespace harness {

class LoweredLimit {
 public:
  LoweredLimit(pid_t pid, __rlimit_resource resource, rlim_t value) : pid_(pid), resource_(resource) {
    prlimit(pid_, resource_, nullptr, &before_);
    const rlimit lowered{value, before_.rlim_max};
    REQUIRE(prlimit(pid_, resource_, &lowered, nullptr) == 0);
  }
  ~LoweredLimit() { prlimit(pid_, resource_, &before_, nullptr); }
  LoweredLimit(const LoweredLimit&) = delete;
  LoweredLimit& operator=(const LoweredLimit&) = delete;

 private:
  pid_t pid_;
  __rlimit_resource resource_;
  rlimit before_;
};

}  // namespace harness
