#pragma once
// What the kernel takes at once of a response. Used by connection.h.

#include <sys/types.h>

#include <cstddef>
#include <string_view>

namespace front_door {

/// Sends `head` and `body` as one stream of bytes, less its first `skip`, as far as the kernel takes them and
/// no more of `body` than kBytesPerTurn. Returns what send(2) returned, never with EINTR; does not wait
/// (EAGAIN).
ssize_t send_some(int socket, std::string_view head, std::string_view body, std::size_t skip);

}  // namespace front_door
