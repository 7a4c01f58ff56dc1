#include "server/process/stderr_reader.h"

#include <algorithm>

#include "server/process/pipe_reading.h"

namespace process {

void StderrReader::hear(std::string_view bytes) {
  keep_tail(tail_, bytes);
  if (listener_ && !bytes.empty()) listener_->on_stderr(bytes);
}

void StderrReader::read_if_ready() {
  if (!process_.err().became_ready()) return;
  const auto piece = read_piece(process_.err().fd());
  hear(piece.bytes);
  if (piece.more) process_.err().listen();
}

awaitable<> StderrReader::read_rest() {
  const auto executor = co_await asio::this_coro::executor;
  for (auto unheard = unread(process_.err().fd()); unheard > 0;) {
    const auto bytes = read_piece(process_.err().fd(), unheard).bytes;
    if (bytes.empty()) break;
    unheard -= std::min(unheard, bytes.size());
    hear(bytes);
    if (unheard > 0) co_await others_first(executor);
  }
}

}  // namespace process
