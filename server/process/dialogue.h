#pragma once
// What is said with a process about one job. Pure: knows no process, no descriptor and no loop, and may be
// moved between threads, one at a time. Carried on by run_job.h; line_dialogue.h is the line protocol.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ipc/reply.h"
#include "server/process/outcome.h"
#include "server/process/wait_status.h"

namespace process {

class Dialogue {
 public:
  virtual ~Dialogue() = default;

  /// What is still to be written to stdin.
  virtual std::string_view to_write() const = 0;
  virtual void written(std::size_t count) = 0;

  /// Bytes of stdout, in any portions. Understands as much as the loop has time for: see backlog().
  void accept_stdout(std::string_view bytes);
  virtual void end_of_stdout() = 0;

  /// The two halves of accept_stdout(), for a thread. `budget` is the length of the texts that are understood
  /// in this call, at the most.
  virtual void collect(std::string_view bytes) = 0;
  virtual void understand(std::size_t budget) = 0;
  /// True while something collected waits for understand(), with a budget that the loop has not.
  virtual bool backlog() const = 0;
  /// Bytes that the loop may still collect: 0 where the text has become long, and is a thread's.
  virtual std::size_t room_on_loop() const = 0;

  /// The answer is there; more may be heard, and may spoil it.
  virtual bool answered() const = 0;
  /// All has been said: by the closing line, or the end of stdout.
  virtual bool closed() const = 0;
  /// What was said is unusable. Final.
  virtual bool failed() const = 0;
  /// No more need be heard.
  bool settled() const { return failed() || (answered() && closed()); }

  /// 0 to 1; below 0 until the process has said something.
  virtual double progress() const = 0;

  /// What the process says that the job has cost.
  virtual ipc::OwnUsage own_usage() const { return {}; }

  /// What came of it. `end` is the process's, where it has ended. To be called once.
  virtual std::variant<Result, TaskError, Failure> verdict(const std::optional<WaitStatus>& end) = 0;

  /// The large texts that are still held, for the one who knows where to free them. The last call.
  virtual std::vector<std::string> remains() = 0;
};

}  // namespace process
