#pragma once
// The user that jobs run as, where that is not the server's. Knows no name of a user. Called by launch.h and
// launcher.h.

#include <sys/types.h>

namespace process {

struct JobUser {
  uid_t uid = 0;
  gid_t gid = 0;
};

/// Makes the calling thread's process that user, for good: no other group, no capability. System calls only,
/// so that a child may call it that shares its parent's memory. Takes the death signal away (prctl(2)). False
/// with errno.
bool become(const JobUser& user);

/// No program that this process and its children execute from now on gets a capability, not even as root.
/// Needs CAP_SETPCAP; who lacks that has no capability to hand on, but for ambient ones, which go.
void hand_on_no_capabilities();

}  // namespace process
