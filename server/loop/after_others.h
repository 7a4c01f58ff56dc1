#pragma once
// A plain function's way to give others a turn; loop.h has others_first() for coroutines.

#include <boost/asio/post.hpp>
#include <utility>

#include "server/loop/loop.h"

namespace loop {

/// Calls `then` once all others have had a turn, as others_first() suspends until then.
template <typename Then>
void after_others(LoopExecutor loop, Then then) {
  asio::post(loop, [then = std::move(then), loop]() mutable { asio::post(loop, std::move(then)); });
}

}  // namespace loop
