#pragma once
// The process that starts crunchers, so that no start is felt by the server: it has the crunchers' priority,
// and shares with the server nothing but a socket, so that it holds no lock that the server needs. As small
// as the server was when it was forked. Knows no job and no loop. Forked by spawner.h, which is at the
// socket's other end.

#include <optional>

#include "server/process/launch.h"

namespace process {

/// A socket (SOCK_SEQPACKET) and the pid of the launcher at its other end.
struct Launcher {
  loop::UniqueFd socket;  ///< close-on-exec
  loop::UniqueFd err;     ///< of a fork server: a pipe from its stderr, close-on-exec and non-blocking
  pid_t pid = -1;
};

/// Forks a launcher, whose crunchers become children of the calling thread and die with it. It ends when its
/// socket is closed. Throws std::system_error.
Launcher start_launcher(const Program& program);

/// Orders one start, of the program or of `order`, without waiting for it. False, with errno, where the
/// launcher is gone.
bool order_start(const Launcher& launcher, const Order* order = nullptr);

/// What became of the oldest order, which was an Order where `ordered`; nothing while that is open (EAGAIN),
/// or where the launcher is gone or talks nonsense (another errno). Where there are no descriptors left for
/// it, `error` says so, and a process may be left at `pid`.
std::optional<Launched> started(const Launcher& launcher, bool ordered = false);

}  // namespace process
