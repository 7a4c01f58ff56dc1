#pragma once
// Processes as the kernel shows them in /proc. Knows no server and changes nothing.
// A process that ends while it is looked at reads as absent, never as an error.

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tests/harness/patience.h"

namespace harness {

struct ProcessInfo {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  char state = '?';  ///< R, S, D, T, Z … of proc(5)
  int threads = 0;
  int nice = 0;
  int policy = 0;           ///< SCHED_OTHER, SCHED_IDLE …
  milliseconds cpu_time{};  ///< user and system, in the kernel's ticks (10 ms)
  std::size_t rss_kib = 0;
  std::string name;  ///< at most 15 characters

  bool is_zombie() const { return state == 'Z' || state == 'X'; }
  bool is_launcher() const { return name == "launcher"; }  ///< of a cruncherd
};

std::optional<ProcessInfo> find_process(pid_t pid);

/// Zombies included.
std::vector<ProcessInfo> children_of(pid_t pid);
std::vector<ProcessInfo> descendants_of(pid_t pid);

/// A cruncherd's children but for its launchers, which stay.
std::vector<ProcessInfo> crunchers_of(pid_t server);

/// Its launchers that live, fork servers included.
std::vector<pid_t> launchers_of(pid_t server);

std::size_t zombie_children_of(pid_t pid);

/// True once there is not even a zombie of it.
bool is_gone(pid_t pid);
/// True once it can run no more: gone, or a zombie.
bool is_dead(pid_t pid);

/// 0 where this user may not look: cruncherd is not dumpable, so it takes root.
std::size_t open_descriptors(pid_t pid);

/// Memory that it has filled itself, in KiB (RssAnon of proc(5)); 0 where it is gone.
std::size_t private_memory_kib(pid_t pid);

}  // namespace harness
