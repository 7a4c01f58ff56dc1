#include "server/own_process.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "ipc/growth.h"
#include "server/loop/real_time_loop.h"
#include "server/signals.h"
#include "server/startup.h"
#include "server/users.h"

namespace server {
namespace {

constexpr std::size_t kOperators = 64;  // connections

// Beside those of clients.
rlim_t descriptors_of_others(const Options& options) {
  constexpr rlim_t kFew = 64, kPerProcess = 5, kPipes = 3;  // a job's, closed when its slot is free again
  auto spares = options.spares;
  for (const auto& command : options.commands) spares += command.spares;
  return kFew + kOperators + kPerProcess * (options.running + spares) + kPipes * options.running;
}

// The soft limit is for programs that use select(2); a process and a client need some descriptors each. Their
// table gets its room before there is a second thread: afterwards each of its growths would wait for all
// processors (expand_fdtable in the kernel), and the loop with it, for 10 ms or more.
void allow_many_descriptors(const Options& options) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t most = descriptors_of_others(options) + options.door.max_connections;
  ::close(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, static_cast<int>(std::min(most, limit.rlim_cur) - 1)));
}

// Large blocks are mapped, each by itself: what one thread gives back of an arena's memory takes
// milliseconds, and whoever wants a small block of that arena waits.
void keep_apart_large_blocks() {
  ::mallopt(M_MMAP_THRESHOLD, ipc::kMapped);
  ::mallopt(M_TRIM_THRESHOLD, ipc::kMapped);
}

}  // namespace

Sockets prepare_process(const Options& options) {
  ignore_signals();
  allow_many_descriptors(options);
  keep_apart_large_blocks();
  Sockets sockets;
  sockets.clients = open_endpoints(options);
  sockets.operators = open_admin_endpoints(options);
  if (options.loop_priority == Options::LoopPriority::realtime) keep_right_to_real_time();
  for (const auto* opened : {&sockets.clients, &sockets.operators}) give_sockets(options, *opened);
  become_user(options);
  // Crunchers may run as the same user: without this they could read the server's memory (ptrace(2),
  // proc(5)).
  ::prctl(PR_SET_DUMPABLE, 0);
  return sockets;
}

front_door::Limits limits_beside_operators(const Options& options) {
  constexpr rlim_t kAtLeast = 16;
  auto limits = options.door;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return limits;
  const auto others = std::min(limit.rlim_cur, descriptors_of_others(options));
  limits.max_connections =
      std::min<rlim_t>(limits.max_connections, std::max(limit.rlim_cur - others, kAtLeast));
  return limits;
}

front_door::Limits limits_of_operators(front_door::Limits limits) {
  limits.max_connections = kOperators;
  limits.max_connections_per_ip = 0;
  return limits;
}

}  // namespace server
