#pragma once
// What a job writes to stderr, as it comes: its last part is kept, and whoever listens hears all of it. Knows
// no dialogue. Used by run_job.cpp, run_command.cpp and stream_command.h.

#include <string>

#include "server/process/job.h"
#include "server/process/process.h"

namespace process {

class StderrReader {
 public:
  /// `process` and `listener`, which may be null, must outlive it.
  StderrReader(Process& process, JobListener* listener) : process_(process), listener_(listener) {}

  /// One turn's bytes, where there are some. Only then is there more to listen for.
  void read_if_ready();
  /// What has come by now. Its end is not waited for: a process that the leader left behind may hold the pipe
  /// open, and go on writing.
  awaitable<> read_rest();

  /// The last 64 KiB.
  std::string& tail() { return tail_; }

 private:
  void hear(std::string_view bytes);

  Process& process_;
  JobListener* const listener_;
  std::string tail_;
};

}  // namespace process
