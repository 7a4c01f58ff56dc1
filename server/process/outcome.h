#pragma once
// What became of a job. Everything that a client, a cruncher or the machine can cause is one of these values;
// none of it is an exception. Made in offload/, read by routes/ and telemetry/.

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ipc/json.h"
#include "server/loop/unique_fd.h"

namespace process {

/// The cruncher's answer, as the beginning of a JSON object of one line, `{"result":…`, with some capacity
/// left: whoever answers adds members and the brace without a copy of what may be many megabytes.
struct Result {
  std::string opened;

  /// `value` is the part of `line` that is the result, as ipc::parse_reply() found it.
  static Result within(std::string line, std::string_view value);
};

/// What a command has given: `size` bytes of a file from `offset`, and their media type.
struct Output {
  loop::UniqueFd file;  ///< none where `bytes` are all of it
  std::size_t offset = 0;
  std::size_t size = 0;
  std::string type;
  std::string bytes{};
};

/// The cruncher answered with an error of its own; `code` is JSON-RPC's.
struct TaskError {
  int code = 0;
  std::string message;
  ipc::Json data;
};

enum class Reason {
  queue_full,
  queue_timeout,
  draining,
  cannot_spawn,
  deadline_exceeded,
  cpu_limit,
  memory_limit,
  reply_too_large,
  bad_reply,
  crashed,
  task_failed,  ///< a command's exit code says so
};

/// The word that clients, logs and metrics see.
std::string_view to_string(Reason reason);

/// No usable answer. `detail` is one sentence for people; signal or exit_code is set where the process ended
/// by itself.
struct Failure {
  Reason reason;
  std::string detail;
  std::optional<int> signal;
  std::optional<int> exit_code;
  std::optional<int> status{};  ///< of the response, where the command's configuration names one
};

/// What the job cost, by the kernel's accounting.
struct Usage {
  double wait_ms = 0;  ///< in the queue and until a process was there
  double run_ms = 0;   ///< with the process
  double user_ms = 0;  ///< CPU time; all of it where the process had not ended when the client was answered
  double system_ms = 0;
  /// Peak resident memory. Absent of most jobs that answer within 10 ms, whose client does not wait for the
  /// process's end, and where the kernel cannot tell it apart from the launcher's (a process that was started
  /// by vfork inherits its parent's peak: getrusage(2) and exec_mmap in the kernel), or from that of the
  /// process's earlier jobs.
  std::optional<long> max_rss_kib;
  pid_t pid = 0;
  std::uint64_t job_of_process = 1;  ///< how many jobs its process was given by then, this one included
  bool cpu_known = true;             ///< else the times are 0: a launcher's would be no answer
  double cpu_ms() const { return user_ms + system_ms; }
};

struct Outcome {
  std::variant<Result, TaskError, Failure, Output> what;
  std::optional<Usage> usage;  ///< absent where no process was used
  std::string stderr_tail;     ///< the last 64 KiB that the job wrote to stderr

  /// "ok", "task_failed", "invalid_params" or a Reason's word: a bounded set, fit for a metric's label.
  std::string_view word() const;
};

}  // namespace process
