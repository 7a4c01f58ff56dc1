#pragma once
// The way of a command's job, straight down: a slot, a process in a folder of its own, its output, its end.
// Shares the slots, the queue and the list of live jobs with the dispatcher. Called by routes/offload.h.

#include <map>
#include <memory>
#include <string>
#include <variant>

#include "server/offload/dispatcher.h"
#include "server/offload/occupied.h"
#include "server/process/command.h"
#include "server/process/stream_command.h"

namespace offload {

/// A job whose output goes to the client as it comes. It dies with this object.
class StreamedJob {
 public:
  explicit StreamedJob(process::Job job) : job_(std::move(job)) {}

  /// See process::CommandStream. To be called once; afterwards the slot is free.
  awaitable<process::Outcome> pass_on(process::PassOn write);

 private:
  friend class CommandDispatcher;
  const process::Job job_;
  LiveJob live_;
  std::optional<Occupied> occupied_;
  std::optional<process::CommandStream> stream_;
};

class CommandDispatcher {
 public:
  /// All of them must outlive it. `files` opens what commands have written.
  CommandDispatcher(Loop& loop, Dispatcher& dispatcher, Crew& crew, process::JobFolders& folders,
                    ThreadPool& files)
      : loop_(loop), dispatcher_(dispatcher), crew_(crew), folders_(folders), files_(files) {
    dispatcher.add(crew);
  }

  /// Commands with a launcher get their processes from another crew, which must outlive this.
  void launch_by(Crew& crew) { launched_ = &crew, dispatcher_.add(crew); }

  /// Jobs of that task whose content suits get their processes from a crew of spares (command_spares.h),
  /// which must outlive this.
  void keep_spares(Crew& crew, const std::string& task) { spares_[task] = &crew, dispatcher_.add(crew); }

  /// As Dispatcher::run(). `slot` is the job's, where it has one already.
  awaitable<process::Outcome> run(const process::Job& job, const process::Command& command,
                                  const process::CommandInput& input, std::optional<Slot> slot);

  /// The same of one that streams: its outcome where that is known before the first byte, else the rest of
  /// it.
  using Streamed = std::variant<process::Outcome, std::shared_ptr<StreamedJob>>;
  awaitable<Streamed> stream(process::Job job, const process::Command& command,
                             const process::CommandInput& input, std::optional<Slot> slot);

  /// How many jobs of a task with a bound of its own have passed that.
  std::size_t running_of(const std::string& task) const {
    const auto own = own_.find(task);
    return own == own_.end() ? 0 : own->second.running();
  }

 private:
  Crew& crew_for(const process::Command& command) const {
    return command.launcher.empty() ? crew_ : *launched_;
  }
  awaitable<std::variant<Slot, process::Failure>> enter(const process::Job& job,
                                                        const process::Command& command,
                                                        std::optional<Slot> slot);
  awaitable<std::variant<Slot, process::Failure>> enter_all(const process::Job& job,
                                                            std::optional<Slot> slot);
  struct Lent {
    Crew& crew;
    Crew::Lent what;
  };
  awaitable<Lent> lend(const process::Command& command, const process::CommandInput& input,
                       Deadline deadline);
  awaitable<std::variant<process::Failure, Occupied>> begin(LiveJob& live, const process::Command& command,
                                                            const process::CommandInput& input,
                                                            std::optional<Slot> slot);

  Loop& loop_;
  Dispatcher& dispatcher_;
  Crew& crew_;
  Crew* launched_ = nullptr;
  std::map<std::string, Crew*> spares_;  // by task
  process::JobFolders& folders_;
  ThreadPool& files_;
  std::map<std::string, Admission> own_;  // of the tasks whose jobs have a bound of their own
};

}  // namespace offload
