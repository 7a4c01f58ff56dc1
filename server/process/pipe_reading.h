#pragma once
// Reading from a cruncher's pipe, a bounded number of bytes at a time. Knows no process. Used by
// run_job.h, on the loop and on the JSON pool.

#include <string>
#include <string_view>

#include "server/loop/loop.h"
#include "server/loop/size_limits.h"
#include "server/process/dialogue.h"

namespace process {

struct Piece {
  std::string_view bytes;  ///< until the thread's next read
  bool end = false;        ///< nobody has the pipe's other end any more
  bool more = false;       ///< may come: otherwise it is not worth waiting
};

/// One read(2) of a pipe that does not block.
Piece read_piece(int pipe, std::size_t most = kBytesPerTurn);

/// Bytes that are in the pipe by now.
std::size_t unread(int pipe);

/// Appends to `tail`, and keeps the last 64 KiB of it.
void keep_tail(std::string& tail, std::string_view bytes);

struct Pulled {
  bool end = false;
  bool more = false;
};

/// Gives `dialogue` to collect what comes without waiting: a turn's bytes of the pool at the most.
Pulled pull(int pipe, Dialogue& dialogue);

}  // namespace process
