#pragma once
// A thread's part in a job's dialogue: it reads long texts, and understands them. Nobody else has the
// dialogue meanwhile. Used by run_job.cpp alone.

#include <memory>
#include <optional>

#include "server/process/dialogue.h"
#include "server/process/pipe_reading.h"
#include "server/process/process.h"

namespace process {

class DialogueThread {
 public:
  DialogueThread(Process& process, std::shared_ptr<Dialogue> dialogue, ThreadPool& pool);
  /// Has the dialogue's texts freed there, unless the thread has it: it keeps it then.
  ~DialogueThread();
  DialogueThread(const DialogueThread&) = delete;
  DialogueThread& operator=(const DialogueThread&) = delete;

  bool busy() const { return state_->busy; }

  /// Reads the rest of a long text: to make the memory for it takes the kernel longer than the loop has time,
  /// and has it wait for the thread where that gives memory back. Wakes the process's event when it is done.
  void read();
  /// Understands what was collected; the same.
  void understand();

  /// Once after each of these, when it is done: whether that was the end of stdout.
  std::optional<bool> done();

 private:
  // Outlives the job where that is cancelled.
  struct State {
    Process* process;  // as long as the job lives
    bool busy = false;
    std::optional<bool> done = {};
  };

  const std::shared_ptr<Dialogue> dialogue_;
  ThreadPool& pool_;
  const std::shared_ptr<State> state_;
};

}  // namespace process
