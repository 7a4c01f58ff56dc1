#pragma once
// A child process that this test started and owns: killed and reaped with the object. Knows nothing of what
// it runs. Called by RunningServer and run_command; whatever else has this test as its parent is an orphan of
// theirs.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/patience.h"
#include "tests/harness/process_table.h"

namespace harness {

struct ProgramLaunch {
  std::vector<std::string> arguments;  ///< the first is the program's path
  int input = -1;                      ///< descriptors that become 0, 1 and 2; the test keeps its copies
  int output = -1;
  int errors = -1;
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< on top of the test's own
  std::optional<std::uint64_t> open_files = {};                       ///< RLIMIT_NOFILE
  std::optional<std::uint64_t> processes = {};                        ///< RLIMIT_NPROC
  std::optional<std::uint64_t> real_time_priority = {};               ///< RLIMIT_RTPRIO
  std::optional<uid_t> user = {};
};

class StartedProcess {
 public:
  /// Throws std::system_error where fork fails. A program that cannot be executed ends with 127.
  /// The child is killed when the calling thread ends, even if this test dies of a signal.
  explicit StartedProcess(const ProgramLaunch& launch);
  ~StartedProcess();
  StartedProcess(const StartedProcess&) = delete;
  StartedProcess& operator=(const StartedProcess&) = delete;

  pid_t pid() const { return pid_; }
  /// Does nothing once it is reaped.
  void signal(int number) const;
  /// The raw wait status once it ended (it is reaped then); nothing if it still runs after `within`.
  std::optional<int> wait_for_end(milliseconds within);

 private:
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<int> status_;
};

/// The processes that lost their parent and came to this test, their subreaper, and still live. Reaps the
/// dead ones.
std::vector<ProcessInfo> orphans();

/// As a shell gives it: the code, or 128 + n for signal n.
int exit_code_of(int wait_status);

}  // namespace harness
