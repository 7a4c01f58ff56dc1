#pragma once
// What the kernel takes at once of a response. Used by connection.h.

#include <sys/types.h>

#include <cstddef>
#include <string_view>

namespace front_door {

/// What goes out in one go: content, and what stands before and behind it.
struct Parts {
  std::string_view head;
  std::string_view body{};
  std::string_view tail{};  ///< short

  std::size_t size() const { return head.size() + body.size() + tail.size(); }
};

/// Sends `parts` as one stream of bytes, less its first `skip`, as far as the kernel takes them and no more
/// of the body than kBytesPerTurn. Returns what send(2) returned, never with EINTR; does not wait (EAGAIN).
ssize_t send_some(int socket, Parts parts, std::size_t skip);

/// The same with `size` bytes of `file` from `offset`; waits for the disk, so not for the loop to call.
/// Returns 0 where the file is shorter.
ssize_t send_some_of_file(int socket, int file, std::size_t offset, std::size_t size);

}  // namespace front_door
