#pragma once
// What is started: a command line, its surroundings, its limits and how it is ended. A value; knows no
// process. Made by startup.h, carried out by launch.h and crew.h.

#include <signal.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "server/process/confinement.h"
#include "server/process/job.h"
#include "server/process/job_user.h"

namespace process {

enum class Priority { idle, low, normal };

/// How a process comes to be: the program executed, or a running one forked that said that it can
/// (FORKING.md).
enum class Start { exec, fork };

/// How a process of a program is ended. The last means is always SIGKILL.
struct EndPolicy {
  int first_signal = SIGTERM;    ///< sent once
  Milliseconds grace{200};       ///< from the first signal to SIGKILL
  Milliseconds exit_grace{100};  ///< for a process that has answered to end by itself
};

/// How long a process may stay when its job is done, to be given another one.
struct StayPolicy {
  bool allowed = false;                 ///< else each process does one job
  std::uint64_t memory = 256ull << 20;  ///< bytes resident between two jobs; 0: no bound
  Milliseconds idle{60000};             ///< without a job, until it is ended
  std::size_t most = 0;                 ///< that wait at once
};

struct Program {
  std::vector<std::string> argv;         ///< argv[0] is the file, looked up anew whenever it is executed
  std::vector<std::string> environment;  ///< "NAME=value", all that it will see
  std::string directory;                 ///< where it runs; empty: where the server does
  JobLimits limits;                      ///< the ceiling; a job's own are set when it gets the process
  Priority priority = Priority::idle;
  std::vector<int> ignored;  ///< signals to set back to their default: ignored_signals()
  Start start = Start::exec;
  EndPolicy end;
  StayPolicy stay;
  /// argv begins with somebody else's program, which starts this one where the server cannot see it: its end
  /// is told by the exit code (128 + signal), its cost by itself.
  bool by_launcher = false;
  bool foreign = false;         ///< it did not come with the server, and may have no sandbox of its own
  std::optional<JobUser> user;  ///< none: as the server does
  std::size_t spares = 0;       ///< processes that are kept ready
  /// What the processes of orders (order.h) may reach; an order has the number of its own. Those of the
  /// program itself have their signals and abstract sockets confined, and their calls where it is foreign.
  std::vector<Confinement> confined;

  const std::string& path() const { return argv.front(); }

  /// The limits that a process has before it is given a job. A forked one lacks those that would hold for its
  /// fork server as well, which lives for long and opens pipes. The CPU time of one that stays is bounded
  /// anew for each of its jobs.
  JobLimits in_force() const {
    auto held = limits;
    if (start == Start::fork) held.cpu = Milliseconds{0}, held.open_files = 0;
    if (stay.allowed) held.cpu = Milliseconds{0};
    return held;
  }
};

}  // namespace process
