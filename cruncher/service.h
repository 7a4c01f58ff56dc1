#pragma once
// The cruncher as a server's worker: JSON-RPC request lines from stdin, an answer line to stdout for each
// (ipc/PROTOCOL.md). A server may end it after any of them. Knows no command line. Called by main() once the
// sandbox is entered.

#include <cstddef>
#include <string>
#include <string_view>

#include "cruncher/progress.h"

namespace cruncher {

/// Longest request line, in bytes.
inline constexpr std::size_t kMaxRequest = 64 << 20;

/// Brings all of the way of a request into memory.
void rehearse();

/// Answers one line after the other until stdin ends. Returns the exit code.
int serve_requests();

/// The answer to one request line, '\n' included; empty for a notification. Throws std::bad_alloc where there
/// was no memory to read the line; later that is an answer.
std::string answer_to(std::string_view line, Progress& progress);

}  // namespace cruncher
