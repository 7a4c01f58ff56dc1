#pragma once
// A TCP socket that never waits: for clients that come in thousands, from other addresses, or that do not
// read. Knows no HTTP. HttpClient of the harness is for everything else.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/harness/patience.h"

namespace front_door_test {

class PlainSocket {
 public:
  struct Way {
    std::string to = "127.0.0.1";
    std::string from = {};   ///< the client's own address, where it matters
    int receive_buffer = 0;  ///< in bytes; 0: the kernel's choice
  };

  /// Begins to connect; throws std::system_error where that cannot even begin.
  explicit PlainSocket(std::uint16_t port) : PlainSocket(port, Way{}) {}
  PlainSocket(std::uint16_t port, const Way& way);
  ~PlainSocket();
  PlainSocket(PlainSocket&& other) noexcept;
  PlainSocket& operator=(PlainSocket&& other) noexcept;

  int descriptor() const { return socket_; }

  /// Once the connection stands, sends what the kernel takes at once; how much that was.
  std::size_t send(std::string_view bytes, harness::milliseconds within = std::chrono::seconds(10));

  /// Everything up to the end of the connection; throws std::runtime_error where that does not come.
  std::string read_to_end(harness::milliseconds within = std::chrono::seconds(10));

 private:
  int socket_ = -1;
};

/// Waits until something can be read from a socket, or its connection has ended; false where neither happens.
bool is_readable(int descriptor, harness::milliseconds within);

}  // namespace front_door_test
