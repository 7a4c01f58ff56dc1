#pragma once
// A command whose stdout goes to the client as it comes. Nothing is read while the client does not read, so
// the process waits as well. Knows no client. Called by command_dispatcher.h.

#include <functional>
#include <optional>
#include <string>

#include "server/process/appetite.h"
#include "server/process/command.h"
#include "server/process/process.h"
#include "server/process/stderr_reader.h"

namespace process {

/// Passes bytes on. Suspends until they are gone; cancelled where nobody wants them.
using PassOn = std::function<awaitable<>(std::string_view)>;

class CommandStream {
 public:
  /// All of them must outlive it. `listener`, which may be null, hears the lines of stderr.
  CommandStream(Process& process, const Command& command, Deadline deadline, const EndPolicy& policy,
                JobListener* listener);

  /// Suspends until the process has written something, has ended or is late. Whether there is something.
  awaitable<bool> begins();

  /// Passes on all that it writes. Suspends until its stdout has ended, and itself, or the deadline. What it
  /// has cost and whether it went well; its Output has no file. Afterwards the process must be ended.
  awaitable<Outcome> pass_on(PassOn write);

 private:
  bool read_out();
  bool over() const { return fault_ || Clock::now() >= deadline_; }
  awaitable<> listen();
  awaitable<> watch();

  Process& process_;
  const Command& command_;
  const Deadline deadline_;
  const EndPolicy& policy_;
  const Clock::time_point given_ = Clock::now();
  std::string bytes_;  // read, and not passed on
  std::size_t written_ = 0;
  bool out_open_ = true;
  std::optional<std::size_t> left_;  // to read, of one that has ended
  Appetite appetite_;
  std::optional<Failure> fault_;
  StderrReader err_;
};

}  // namespace process
