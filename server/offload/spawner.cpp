#include "server/offload/spawner.h"

#include <signal.h>
#include <sys/wait.h>

#include <boost/asio/post.hpp>
#include <memory>

namespace offload {

Spawner::Spawner(Loop& loop, LaunchPlan plan, int threads) : loop_(loop), plan_(std::move(plan)) {
  // Signals are the loop's business: a thread that starts with all of them blocked is never asked to run a
  // handler.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Spawner::~Spawner() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Spawner::spawn(std::function<void(Launched)> done) {
  {
    const std::lock_guard lock(mutex_);
    orders_.push_back(std::move(done));
  }
  wake_.notify_one();
}

void Spawner::work() {
  for (;;) {
    std::function<void(Launched)> done;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !orders_.empty(); });
      if (stopping_) return;
      done = std::move(orders_.front());
      orders_.pop_front();
    }
    const auto begin = Clock::now();
    auto launched = std::make_shared<Launched>(launch(plan_));
    launched->took_seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    if (launched->error && launched->pid > 0) {
      ::waitpid(launched->pid, nullptr, 0);
      launched->pid = -1;
    }
    asio::post(loop_, [done = std::move(done), launched] { done(std::move(*launched)); });
  }
}

}  // namespace offload
