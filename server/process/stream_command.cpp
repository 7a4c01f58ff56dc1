#include "server/process/stream_command.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <optional>

#include "server/loop/size_limits.h"
#include "server/process/end_of_command.h"
#include "server/process/pipe_reading.h"

namespace process {

using namespace asio::experimental::awaitable_operators;

CommandStream::CommandStream(Process& process, const Command& command, Deadline deadline,
                             const EndPolicy& policy, JobListener* listener)
    : process_(process),
      command_(command),
      deadline_(deadline),
      policy_(policy),
      appetite_(process, command.limits.memory, Milliseconds{0}),
      err_(process, listener) {
  process_.err().listen();
}

// Whether there was something. Of an ended process only what is in the pipe by then: others may hold the pipe
// open, and go on writing.
bool CommandStream::read_out() {
  process_.out().became_ready();
  if (process_.ended() && !left_) left_ = unread(process_.out().fd());
  const auto most = left_ ? std::min(*left_, kBytesPerTurn) : kBytesPerTurn;
  const auto piece = read_piece(process_.out().fd(), most);
  bytes_ = piece.bytes;
  if (left_) *left_ -= bytes_.size();
  if (piece.end || (left_ && bytes_.empty())) out_open_ = false;
  return !bytes_.empty();
}

awaitable<> CommandStream::listen() {
  if (out_open_) process_.out().listen();
  // One that has closed its stdout is about to end: then the kernel is asked, and not only listened to.
  const auto until = std::min(deadline_, appetite_.next_look());
  co_await process_.event(out_open_ ? until : std::min(until, Clock::now() + kLook));
  err_.read_if_ready();
  if (!process_.ended() && !fault_) fault_ = appetite_.look();
}

// While the client does not read. Returns at the deadline, or with a fault.
awaitable<> CommandStream::watch() {
  loop::Timer timer(co_await asio::this_coro::executor);
  while (!over()) {
    timer.expires_at(process_.ended() ? deadline_ : std::min(deadline_, appetite_.next_look()));
    co_await timer.async_wait(use_awaitable);
    if (!process_.ended() && !fault_) fault_ = appetite_.look();
  }
}

awaitable<bool> CommandStream::begins() {
  while (out_open_ && !read_out() && out_open_ && !over()) co_await listen();
  while (bytes_.empty() && !process_.ended() && !over()) co_await listen();
  co_return !bytes_.empty();
}

awaitable<Outcome> CommandStream::pass_on(PassOn write) {
  while (out_open_ && !over()) {
    if (!bytes_.empty() || read_out()) {
      written_ += bytes_.size();
      if (written_ > command_.limits.max_reply) {
        fault_ = too_large(command_.limits);
        break;
      }
      const auto bytes = std::exchange(bytes_, {});
      co_await (write(bytes) || watch());
    } else if (out_open_) {
      co_await listen();
    }
  }
  while (!process_.ended() && !over()) co_await listen();
  if (appetite_.exceeded()) process_.kill();
  if (!process_.ended() && !fault_) fault_ = too_late(given_);
  if (fault_) co_await see_it_die(process_, policy_, err_);
  co_await err_.read_rest();
  Outcome outcome{Output{{}, 0, written_, command_.answers}, process_.usage(), std::move(err_.tail())};
  outcome.usage->run_ms = milliseconds(Clock::now() - given_);
  if (!fault_) fault_ = fault_of(*process_.status(), command_, written_, outcome.stderr_tail);
  if (fault_) outcome.what = std::move(*fault_);
  co_return outcome;
}

}  // namespace process
