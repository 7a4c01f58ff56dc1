#include "server/loop/thread_pool.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>

#include "ipc/growth.h"
#include "server/loop/size_limits.h"

namespace loop {

ThreadPool::ThreadPool(Loop& loop, std::size_t count) : event_(loop.get_executor()), threads_(count) {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw boost::system::system_error(errno, boost::system::system_category(), "eventfd");
  event_.assign(fd);
}

ThreadPool::~ThreadPool() {
  threads_.stop();
  threads_.join();
  for (auto* left = returns_.exchange(nullptr); left;) delete std::exchange(left, left->before);
}

void ThreadPool::let_go(std::string text) {
  const auto size = text.capacity();
  if (size < ipc::kMapped || going_ + size > kBeingFreed) return;
  going_ += size;
  run([this, size, text = std::move(text)]() mutable {
    ipc::let_go(std::move(text));
    going_ -= size;
  });
}

void ThreadPool::expect() {
  ++expected_;
  listen();
}

// Only while something is to come, so that a loop with nothing else to do can end.
void ThreadPool::listen() {
  if (std::exchange(listening_, true)) return;
  event_.async_wait(asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    listening_ = false;
    collect();
    if (expected_ > 0) listen();
  });
}

// On one of the pool's threads. Only the one that finds nothing before its own wakes the loop.
void ThreadPool::give_back(std::unique_ptr<Return> result) {
  auto* before = returns_.load(std::memory_order_relaxed);
  do result->before = before;
  while (!returns_.compare_exchange_weak(before, result.get(), std::memory_order_release,
                                         std::memory_order_relaxed));
  result.release();
  if (!before) ::eventfd_write(event_.native_handle(), 1);
}

void ThreadPool::collect() {
  eventfd_t count;
  ::eventfd_read(event_.native_handle(), &count);
  Return* oldest = nullptr;
  for (auto* left = returns_.exchange(nullptr, std::memory_order_acquire); left;) {
    auto* const before = left->before;
    left->before = std::exchange(oldest, left);
    left = before;
  }
  while (oldest) {
    const std::unique_ptr<Return> next(std::exchange(oldest, oldest->before));
    --expected_;
    next->tell();
  }
}

}  // namespace loop
