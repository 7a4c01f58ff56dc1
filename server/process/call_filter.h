#pragma once
// A filter of system calls (seccomp(2)), for what Landlock does not bound. No process sets limits, priority
// or class of others, makes what outlives it in the kernel's memory, or gets capabilities in namespaces of
// users. Knows no job. Used by confinement.h and launch.cpp.

#include <linux/filter.h>

namespace process {

/// What a confined command may do beyond that.
struct CallsOfCommand {
  bool network = false;       ///< use TCP; else its sockets are those of Unix, UDP and netlink
  bool memory_files = false;  ///< make files in memory, which count to nobody until they are mapped
};

/// A command keeps its death signal, too. All of these are null on machines whose calls are not known here.
const sock_fprog* filter_of_command(const CallsOfCommand& may);

/// For a cruncher that did not come with the server.
const sock_fprog* filter_of_cruncher();

/// For the calling process, which has no_new_privs already: one that was cloned with its parent's memory may
/// call this. True as well where the kernel has no such filters. False with errno.
bool filter_own_calls(const sock_fprog& filter);

}  // namespace process
