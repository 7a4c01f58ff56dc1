#pragma once
// The threads that start processes, since a start blocks until the program executes. They live as long as the
// server: a process's death signal is tied to the thread that started it. Used by spares.h.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "server/loop.h"
#include "server/offload/launch.h"

namespace offload {

class Spawner {
 public:
  Spawner(Loop& loop, LaunchPlan plan, int threads = 2);
  ~Spawner();

  const LaunchPlan& plan() const { return plan_; }

  /// Starts one process; `done` is called later, on the loop. A process that failed to execute is reaped
  /// already.
  void spawn(std::function<void(Launched)> done);

 private:
  void work();

  Loop& loop_;
  const LaunchPlan plan_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void(Launched)>> orders_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace offload
