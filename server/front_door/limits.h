#pragma once
// Every bound that a client can run into at the door. Filled from the flags in main; sizes are in bytes.

#include <cstddef>

#include "server/loop/loop.h"

namespace front_door {

/// Whether a client that says no more, but still reads, has left.
enum class HalfClosed { leave, stay };

struct Limits {
  std::size_t max_request_line = 8 * 1024;  ///< with its CRLF; 414 beyond
  std::size_t max_field_line = 8 * 1024;    ///< with its CRLF; 431 beyond
  std::size_t max_head = 16 * 1024;         ///< the request line and all fields; 431 beyond
  std::size_t max_fields = 100;             ///< 431 beyond
  std::size_t max_body = 1024 * 1024;       ///< 413 beyond
  std::size_t max_buffered =
      256 * 1024 * 1024;                      ///< bodies and unsent responses of all connections; 503 beyond
  std::size_t max_connections = 10000;        ///< further ones wait in the backlog, or for the idlest to go
  std::size_t max_connections_per_ip = 2500;  ///< 503 and close beyond; 0: no such limit
  bool per_ip_on_loopback = false;     ///< whether that holds on loopback: there a proxy may stand for all
  Milliseconds header_timeout{10000};  ///< from a request's first byte to the end of its head; 408 beyond
  Milliseconds body_timeout{30000};    ///< from the end of the head to the end of the body; 408 beyond
  Milliseconds idle_timeout{75000};    ///< between requests; closed without a word beyond
  Milliseconds write_timeout{30000};   ///< without any progress in sending; closed beyond
  HalfClosed half_closed = HalfClosed::leave;
  std::size_t min_rate = 4096;  ///< bytes a second, on average, of waiting beyond write_timeout; closed below
};

}  // namespace front_door
