#pragma once
// Long contents on their way to a job: read and checked one after the other on a thread of their own, where
// no reply waits for them, each client's in turn. Knows no route. Made in main; asked by offload.h.

#include <string>
#include <string_view>
#include <variant>

#include "server/loop/thread_pool.h"
#include "server/offload/admission.h"
#include "server/routes/catalogue.h"

namespace routes {

class ContentReading {
 public:
  /// `waiting` contents may wait for their turn, each for `wait_limit` at most.
  ContentReading(Loop& loop, std::size_t waiting, Milliseconds wait_limit);

  /// What routes::prepare() says, or why it was not asked (queue_full, queue_timeout, deadline_exceeded): at
  /// once where too many wait. Short contents are read here and now. `content` must stay until then.
  awaitable<std::variant<PreparedParams, process::Failure>> prepare(const Task& task,
                                                                    std::string_view content,
                                                                    const process::Job& job);

  loop::ThreadPool& thread() { return thread_; }

 private:
  loop::ThreadPool thread_;
  offload::Admission turns_;
};

}  // namespace routes
