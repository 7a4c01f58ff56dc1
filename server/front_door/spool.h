#pragma once
// One request's content on its way into an unlinked file, a piece at a time, by a thread beside the loop:
// what has been read already, or what a socket holds. Knows no deadline. Used by receiving.h for contents
// that are too long for memory.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "server/front_door/exchange.h"
#include "server/front_door/refusal.h"
#include "server/loop/scratch.h"

namespace front_door {

class Spool {
 public:
  explicit Spool(loop::Scratch& scratch) : scratch_(scratch) {}

  /// Suspends until `bytes` are in the file. The refusal, where there is no room for them or the disk fails.
  awaitable<std::optional<Refusal>> append(std::string bytes);

  /// What came of receive(). Without either, more is to be waited for.
  struct Received {
    std::optional<Refusal> refusal;  ///< as append()
    std::string_view end;            ///< the word for how the connection ended, where it did
  };
  /// Suspends until what `socket` holds is in the file, `most` bytes of it at the most. It does not wait for
  /// the client. The socket must outlive that.
  awaitable<Received> receive(int socket, std::size_t most);

  std::size_t size() const { return content_.size; }
  /// The file with all that was appended.
  SpooledContent finish() { return std::move(content_); }

 private:
  Refusal failed(int error) const;

  loop::Scratch& scratch_;
  SpooledContent content_;
};

/// For a content of `size` bytes that has no room on disk.
Refusal no_scratch(const loop::Scratch& scratch, std::size_t size);

}  // namespace front_door
