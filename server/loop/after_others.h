#pragma once
// A plain function's ways to give others a turn; loop.h has others_first() for coroutines.

#include <boost/asio/post.hpp>
#include <utility>

#include "server/loop/loop.h"

namespace loop {

/// Calls `then` once all others have had a turn, as others_first() suspends until then.
template <typename Then>
void after_others(LoopExecutor loop, Then then) {
  asio::post(loop, [then = std::move(then), loop]() mutable { asio::post(loop, std::move(then)); });
}

/// Calls `step` while it returns true: `few` times in one turn of the loop, and the next few once all others
/// have had a turn. What `step` refers to must outlive that.
template <typename Step>
void few_per_turn(LoopExecutor loop, int few, Step step) {
  for (int done = 0; done < few; ++done)
    if (!step()) return;
  after_others(loop,
               [loop, few, step = std::move(step)]() mutable { few_per_turn(loop, few, std::move(step)); });
}

}  // namespace loop
