#pragma once
// The cruncher as a server's worker: one JSON-RPC request line from stdin, one answer line to stdout
// (ipc/PROTOCOL.md). Knows no command line. Called by main() once the sandbox is entered.

#include <cstddef>
#include <string>
#include <string_view>

#include "cruncher/progress.h"

namespace cruncher {

/// Longest request line, in bytes.
inline constexpr std::size_t kMaxRequest = 64 << 20;

/// Brings all of the way of a request into memory.
void rehearse();

/// Reads one line, answers it, and returns the exit code. Does not wait for the end of stdin.
int serve_one_request();

/// The answer to one request line, '\n' included; empty for a notification. Throws std::bad_alloc where there
/// was no memory to read the line; later that is an answer.
std::string answer_to(std::string_view line, Progress& progress);

}  // namespace cruncher
