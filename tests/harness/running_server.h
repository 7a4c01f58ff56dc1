#pragma once
// A real cruncherd, started for one test on a free port and gone with the object, its crunchers included.
// Knows no HTTP: talk to it with HttpClient(server.port()).

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/harness/patience.h"

namespace harness {

class StartedProcess;

class RunningServer {
 public:
  struct Launch {
    /// The executable; empty for the one of the build.
    std::string program = {};
    /// A program that is given the executable's path and arguments, and executes it.
    std::string run_by = {};
    /// Put into the server's environment, which is otherwise the test's own.
    std::vector<std::pair<std::string, std::string>> environment = {};
    /// Soft and hard RLIMIT_NOFILE of the server, where given.
    std::optional<std::uint64_t> open_files = {};
    /// RLIMIT_NPROC, where given: it counts the threads and processes of a user, and does not hold for root.
    std::optional<std::uint64_t> processes = {};
    /// RLIMIT_RTPRIO, where given.
    std::optional<std::uint64_t> real_time_priority = {};
    /// The server runs as this user (and group), where given; needs root.
    std::optional<uid_t> user = {};
    milliseconds ready_within = std::chrono::seconds(20);
  };

  /// Starts `cruncherd --port 0 FLAGS...` and returns once it said that it listens.
  /// Throws std::runtime_error with what it printed where it ends or stays silent.
  explicit RunningServer(std::vector<std::string> flags = {});
  RunningServer(std::vector<std::string> flags, Launch launch);
  /// Kills the server and every process that came from it.
  ~RunningServer();
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  pid_t pid() const;

  /// The port of the first `listening on http://…` line; 0 where it only listens on a unix socket.
  std::uint16_t port() const;

  /// Everything printed on stdout and stderr so far.
  std::string log() const;

  /// Waits until `text` stands in the log.
  bool logs(std::string_view text, milliseconds within = std::chrono::seconds(5)) const;

  void signal(int number) const;

  /// The raw wait status once the server ended; nothing if it still runs after `within`. May be asked again.
  std::optional<int> wait_for_end(milliseconds within);

  /// SIGTERM, then the exit code; 128 + n where a signal n ended it. Throws if it still runs after `within`.
  int stop(milliseconds within = std::chrono::seconds(10));

  /// Processes alive that came from this server, whoever their parent is by now; zombies are not counted.
  /// Works also after the server's end, since the test is the subreaper of all that it starts (so the orphans
  /// of another server of the same test count too).
  std::vector<pid_t> processes_left() const;

 private:
  struct Output;
  std::unique_ptr<Output> output_;
  std::unique_ptr<StartedProcess> process_;
};

/// The executable under test.
std::string cruncherd_path();

}  // namespace harness
