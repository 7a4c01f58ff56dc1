// confinement_cost PROCESSES FOLDER: what the confinement of a command adds to its start, for a job whose
// folder is FOLDER: the ruleset that its launcher makes, and that the process, which has its launcher's
// memory until it executes, puts itself under it. (The call filter is inherited.) Prints {"ruleset_ms": N,
// "entering_ms": N, "confinement_ms": N}, the last their sum; medians of so many processes.

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "server/process/confinement.h"

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Entering {
  int ruleset;
  double took = -1;
};

int enter(void* raw) {
  auto& entering = *static_cast<Entering*>(raw);
  const auto start = Clock::now();
  const bool entered = process::confine_self(entering.ruleset);
  if (entered) entering.took = milliseconds_since(start);
  _exit(0);
}

// Negative where the process could not.
double milliseconds_to_enter(int ruleset) {
  alignas(16) static char stack[64 * 1024];
  Entering entering{ruleset};
  const pid_t child = clone(enter, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &entering);
  if (child > 0) waitpid(child, nullptr, 0);
  return entering.took;
}

}  // namespace

int main(int argc, char** argv) {
  const int processes = argc == 3 ? std::atoi(argv[1]) : 0;
  const int folder = argc == 3 ? open(argv[2], O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
  if (processes < 1 || folder < 0) return std::fputs("usage: confinement_cost PROCESSES FOLDER\n", stderr), 2;
  process::Confinement commands;
  commands.program = "/usr/bin/env";
  const process::Confiner confiner(commands);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  std::vector<double> made, entered;
  for (int i = 0; i < processes; ++i) {
    const auto start = Clock::now();
    const auto ruleset = confiner.ruleset({.folder = folder});
    made.push_back(milliseconds_since(start));
    entered.push_back(ruleset ? milliseconds_to_enter(ruleset.get()) : -1);
    if (entered.back() < 0) return std::fputs("confinement_cost: this kernel confines nothing\n", stderr), 1;
  }
  const double ruleset = median(made), entering = median(entered);
  std::printf("{\"ruleset_ms\": %.4f, \"entering_ms\": %.4f, \"confinement_ms\": %.4f}\n", ruleset, entering,
              ruleset + entering);
}
