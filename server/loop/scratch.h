#pragma once
// Room on disk for what is too long for memory: unlinked files in one folder, with a bound on all of them
// together, and a thread that reads and writes them. Knows no request. Made in main; used by front_door/ for
// long contents.

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>

#include "server/loop/thread_pool.h"
#include "server/loop/unique_fd.h"

namespace loop {

class Scratch {
 public:
  /// `folder` is empty for $TMPDIR, or /tmp. `most` bounds the bytes of all files together. Throws as
  /// ThreadPool.
  Scratch(Loop& loop, std::string folder, std::size_t most);

  /// A part of the room, held until it is destroyed.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept
        : scratch_(std::exchange(other.scratch_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(scratch_, other.scratch_);
      std::swap(size_, other.size_);
      return *this;
    }
    ~Share() {
      if (scratch_) scratch_->used_ -= size_;
    }

    /// Scratch::close() of a file that it was for.
    void close(UniqueFd file) {
      if (scratch_) scratch_->close(std::move(file));
    }

   private:
    friend Scratch;
    Scratch* scratch_ = nullptr;
    std::size_t size_ = 0;
  };

  /// Makes `share` larger by `bytes`. False, and nothing is done, where that is too much. For whoever has the
  /// share, on any thread.
  bool extend(Share& share, std::size_t bytes);
  /// Makes it smaller by `bytes`, which it has.
  void shrink(Share& share, std::size_t bytes);

  /// A new file that has no name, for reading and writing; or none, and errno says why. Not for the loop to
  /// call: it may wait for the disk.
  UniqueFd open() const;

  /// Closes a file, if there is one, on the thread: to free a large one takes the kernel longer than the loop
  /// has time.
  void close(UniqueFd file) {
    if (file) threads_.run([closed = std::move(file)] {});
  }

  ThreadPool& threads() { return threads_; }
  const std::string& folder() const { return folder_; }
  std::size_t most() const { return most_; }
  std::size_t used() const { return used_; }

 private:
  const std::string folder_;
  const std::size_t most_;
  std::atomic<std::size_t> used_ = 0;
  ThreadPool threads_;
};

}  // namespace loop
