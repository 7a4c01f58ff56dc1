#pragma once
// Where the server listens: TCP addresses, a Unix socket, sockets that systemd passed. Opens them; accepts
// nothing. Called by main; listener.h takes what it gives.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/loop/unique_fd.h"

namespace front_door {

struct Endpoint {
  loop::UniqueFd socket;      ///< bound and listening, non-blocking, close-on-exec
  std::string name;           ///< "http://127.0.0.1:8080" or "unix:/run/cruncherd.sock"
  bool loopback = false;      ///< TCP that only this machine reaches; a Unix socket mostly has a proxy on it
  std::string unlink_at_end;  ///< the path of a Unix socket that is ours to remove
};

/// All addresses that `host` (name or literal) means at `port` (0: a free one, the same for all).
/// Throws std::runtime_error with a sentence that names the address and the flag to change: `flags` is what
/// stands before "host" and "port".
std::vector<Endpoint> listen_tcp(const std::string& host, std::uint16_t port, bool reuse_port,
                                 std::string_view flags = "--");

/// A Unix socket with the given permission bits. A stale file is replaced, but only where nobody answers on
/// it. Throws as above.
Endpoint listen_unix(const std::string& path, unsigned mode, std::string_view flag = "--unix-socket");

/// The sockets of LISTEN_FDS (sd_listen_fds(3)); empty where this process was given none. Clears the
/// variables.
std::vector<Endpoint> inherited_sockets();

}  // namespace front_door
