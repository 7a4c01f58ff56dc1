#pragma once
// What is known of a stored job: values alone. Knows no disk, no process and no HTTP beyond the words of a
// request and of a reply. Kept by database.h, read by runner.h and by routes/.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/loop/unique_fd.h"

namespace jobs {

/// Numbers as they are stored: never to be changed.
enum class State { queued = 0, running = 1, done = 2, failed = 3, cancelled = 4, interrupted = 5 };
inline constexpr int kStates = 6;

/// The word that clients see.
std::string_view to_string(State state);
std::optional<State> state_called(std::string_view word);
inline bool is_over(State state) {
  return state > State::running;
}

/// Milliseconds since 1970.
using UnixTime = std::int64_t;
UnixTime now();

/// An id that nobody can guess: the time as 12 digits of hex, then loop::random_id(). Later ones come last,
/// so that what is ordered by id grows at its end, on the disk as well.
std::string new_id();

/// Bytes in memory, or a file where there are many of them (kInFile).
struct Content {
  std::string bytes;
  loop::UniqueFd file;       ///< instead of `bytes`, where it is one
  std::uint64_t size = 0;    ///< of either
  std::uint64_t offset = 0;  ///< of its first byte in the file
};

/// Whose job it is, and of which task.
struct Origin {
  std::string id;      ///< new_id()
  std::string owner;   ///< who alone may see it; empty: whoever knows the id
  std::string client;  ///< in whose line it stands
  std::string task;
  int retries = 0;  ///< after a crash, or an end of the server without notice
};

/// A request whose client does not wait, as far as its job needs it.
struct Submission : Origin {
  std::string query;  ///< the request's, undecoded
  std::string content_type;
  std::string accept;
  std::string key;  ///< Idempotency-Key; empty: none
  Content content;
};

struct Record : Origin {
  std::int64_t sequence = 0;  ///< in the order of arrival
  State state = State::queued;
  int attempts = 0;  ///< begun so far
  UnixTime created = 0;
  UnixTime started = 0;  ///< of the latest attempt; 0: none
  UnixTime ended = 0;    ///< 0: not yet
  int status = 0;        ///< of the kept reply; 0: none yet
  std::string type;      ///< its media type
  std::string reason;    ///< the word for why it failed; empty where it did not
  std::uint64_t result_size = 0;
  std::string usage;  ///< what it cost, as JSON; empty: no process was used
};

/// What became of an attempt: the state, and what its client would have been answered.
struct Ending {
  State state = State::done;
  int status = 200;
  std::string type;
  std::string reason;
  std::string usage;
  Content result;
};

}  // namespace jobs
