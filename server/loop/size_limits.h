#pragma once
// Every size that tunes how long others wait, or how much is kept: bytes, each with its reason. Knows no step
// of the work. ipc/growth.h has those of texts that grow, which crunchers use, too; what clients may ask for
// is in front_door/limits.h.

#include <chrono>
#include <cstddef>

namespace loop {

// On the loop, one turn of which is to take some ten microseconds.

/// Read or written in one turn, at the most, however many there are.
inline constexpr std::size_t kBytesPerTurn = 24 * 1024;

/// JSON that is read there, at the most; longer texts are for the JSON pool. The worst of them take 50 us per
/// KiB to read, check and explain.
inline constexpr std::size_t kJsonOnLoop = 4 * 1024;

/// A content that is copied to a file in memory there, at the most: some microseconds.
inline constexpr std::size_t kCopiedOnLoop = 32 * 1024;

/// Head and content that are sent as one piece, at the most: to copy them costs less than a second piece
/// does, on either end.
inline constexpr std::size_t kSentAsOnePiece = 4096;

// On a thread beside it.

/// Read of a file or a pipe in one call, or hashed: others wait for the thread.
inline constexpr std::size_t kBytesPerCall = 256 * 1024;

/// Moved between a socket and a file in one call, at the most: a call is two changes of thread. It takes half
/// a millisecond; where the disk is slow, it ends after kMovedWithin.
inline constexpr std::size_t kMovedPerCall = 1024 * 1024;
inline constexpr std::chrono::milliseconds kMovedWithin{1};

/// Of that, what is in memory at once: it stays in the core's cache.
inline constexpr std::size_t kMovedAtOnce = 64 * 1024;

/// From here on a content's file is closed there: to free its pages takes the kernel longer than a turn.
inline constexpr std::size_t kLargeContent = 64 * 1024;

/// Written to a file at once, with what one more read has brought: each of many senders holds as much.
inline constexpr std::size_t kSpooledAtOnce = 16 * 1024;

/// Texts that wait to be freed there, at the most: --max-buffered no longer counts them.
inline constexpr std::size_t kBeingFreed = 64 << 20;

// In memory.

/// Content that is kept there where more would be spooled to a file.
inline constexpr std::size_t kInMemory = 1024 * 1024;

/// Address space for a long content of unknown size, up to where it is spooled.
inline constexpr std::size_t kChunkedRoom = kInMemory + kBytesPerTurn;

/// Address space for a long line of a cruncher's: untouched, it costs nothing.
inline constexpr std::size_t kLongLine = 16 << 20;

/// From here on a response is thrown away where all buffers together hold too much.
inline constexpr std::size_t kLargeResponse = 64 * 1024;

/// The last that a job wrote to stderr: for the log.
inline constexpr std::size_t kStderrKept = 64 * 1024;

/// Contents and results of stored jobs beyond this size are files beside the database: it writes each of its
/// own twice.
inline constexpr std::size_t kInFile = 64 * 1024;

// Of clients.

/// Read and thrown away of one that goes on sending after it was answered.
inline constexpr std::size_t kMaxLingering = 4 * 1024 * 1024;

}  // namespace loop
