#pragma once
// The cruncher that is started once and forks itself for each job, all of its start behind it
// (ipc/FORKING.md). Runs no job itself and reads nothing but orders. Called by main().

namespace cruncher {

/// Serves orders from the socket that stdin is, until that is closed. `job` is called in a process of its own
/// for each, with the job's pipes at 0, 1 and 2, and returns its exit code. Returns the fork server's own: 0,
/// or 2 where stdin is no such socket.
int serve_forks(int (*job)());

}  // namespace cruncher
