#pragma once
// What Landlock does not bound of a confined command: sockets but those of Unix, UDP and netlink, System V's
// memory, which would outlive it, namespaces of users, in which it would have every capability, and others'
// limits. A filter of system calls (seccomp(2)). Knows no job. Used by confinement.h and launch.cpp.

#include <linux/filter.h>

namespace process {

/// One for programs that may use TCP, and one for others; null on machines whose calls are not known here.
const sock_fprog* call_filter(bool network);

/// For the calling process, which has no_new_privs already: one that was cloned with its parent's memory may
/// call this. True as well where the kernel has no such filters. False with errno.
bool filter_own_calls(const sock_fprog& filter);

}  // namespace process
