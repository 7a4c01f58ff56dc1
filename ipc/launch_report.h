#pragma once
// What a launcher sends for each start that it was ordered, over its socket (ipc/FORKING.md): sent by
// the server's own launchers and by the cruncher's fork server, received by the server. Starts nothing
// itself.

#include <array>
#include <cstdint>

namespace ipc {

/// In the machine's own byte order: both ends are processes of one machine.
struct LaunchReport {
  std::int32_t pid = -1;           ///< of the process; -1 where there is none
  std::int32_t error = 0;          ///< errno where it did not start
  std::int64_t inherited_kib = 0;  ///< what its ru_maxrss has begun with
  double took_seconds = 0;         ///< from the order until it ran
  std::array<char, 16> step{};     ///< what failed, as a man page calls it; NUL at its end
};
static_assert(sizeof(LaunchReport) == 40);

/// With a report of success: the server's ends of the process's stdin, stdout and stderr.
using LaunchDescriptors = std::array<int, 3>;

/// `descriptors` is null where nothing was started. False with errno where the server is gone.
bool send_report(int socket, const LaunchReport& report, const LaunchDescriptors* descriptors);

/// Does not wait. False with errno: EAGAIN where none has come, ECONNRESET where the launcher is gone, EPROTO
/// where it is no report. Descriptors are close-on-exec and the caller's to close; -1 where none came, be it
/// that there was no room for them.
bool receive_report(int socket, LaunchReport& report, LaunchDescriptors& descriptors);

}  // namespace ipc
