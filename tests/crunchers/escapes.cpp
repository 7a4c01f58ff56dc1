#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/crunchers/behaviour.h"

namespace unruly {
namespace {

// Ignores what can be ignored: only the server may end this.
[[noreturn]] void stay() {
  signal(SIGTERM, SIG_IGN);
  burn_for_ever();
}

std::optional<Json> escape_limits(const Call&) {
  for (const auto resource : {RLIMIT_AS, RLIMIT_CPU, RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_CORE}) {
    rlimit limit;
    getrlimit(resource, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(resource, &limit);
    limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;  // root may
    setrlimit(resource, &limit);
  }
  stay();
}

std::optional<Json> escape_priority(const Call&) {
  const sched_param normal{0};
  sched_setscheduler(0, SCHED_OTHER, &normal);
  setpriority(PRIO_PROCESS, 0, -20);
  stay();
}

// A signal to the group that it was born in no longer reaches it.
std::optional<Json> escape_group(const Call&) {
  setpgid(0, getpgid(getppid()));
  stay();
}

// The leader of a group may not open a session, so it leaves its group first.
std::optional<Json> escape_session(const Call&) {
  setpgid(0, getpgid(getppid()));
  setsid();
  stay();
}

}  // namespace

std::vector<Behaviour> escapes() {
  const Json no_params = object_with(Json::object());
  return {
      {"escape_limits", "Raises its limits and never ends.", no_params, escape_limits},
      {"escape_priority", "Raises its priority and never ends.", no_params, escape_priority},
      {"escape_group", "Joins its parent's process group and never ends.", no_params, escape_group},
      {"escape_session", "Opens a session of its own and never ends.", no_params, escape_session},
  };
}

}  // namespace unruly
