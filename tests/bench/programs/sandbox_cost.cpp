// sandbox_cost PROCESSES: what entering the sandbox costs a cruncher at its start, and what the shortest
// system call filter that there is would cost alone, each in so many fresh processes, in turns. Prints
// {"sandbox_ms": N, "least_filter_ms": N}, medians.

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <vector>

#include "cruncher/sandbox.h"

namespace {

void enter_sandbox() {
  const auto sandbox = cruncher::enter_sandbox(cruncher::Parent::server);
  for (const auto& layer : sandbox.layers) {
    if (!layer.active) _exit(1);
  }
}

void allow_everything() {
  sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{1, allow};
  const bool active = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
  if (!active) _exit(1);
}

// Nothing where the process could not do it.
std::optional<double> milliseconds_for(void (*act)(), double& shared) {
  const pid_t child = fork();
  if (child == 0) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    act();
    shared = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return std::nullopt;
  return shared;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

int main(int argc, char** argv) {
  const int processes = argc == 2 ? std::atoi(argv[1]) : 0;
  if (processes < 1) return std::fputs("usage: sandbox_cost PROCESSES\n", stderr), 2;
  void* const page = mmap(nullptr, sizeof(double), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return std::perror("mmap"), 1;
  auto& shared = *static_cast<double*>(page);
  std::vector<double> sandbox, least;
  for (int i = 0; i < processes; ++i) {
    const auto whole = milliseconds_for(enter_sandbox, shared);
    const auto filter = milliseconds_for(allow_everything, shared);
    if (!whole || !filter) return std::fputs("sandbox_cost: a part of the sandbox is missing\n", stderr), 1;
    sandbox.push_back(*whole);
    least.push_back(*filter);
  }
  std::printf("{\"sandbox_ms\": %.4f, \"least_filter_ms\": %.4f}\n", median(sandbox), median(least));
}
