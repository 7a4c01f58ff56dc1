#pragma once
// Who the server and its jobs run as: --user and --job-user. Called by main and startup.h.

#include <optional>
#include <string>
#include <vector>

#include "server/front_door/endpoint.h"
#include "server/options.h"
#include "server/process/job_user.h"
#include "server/refused_start.h"

namespace server {

/// Makes the Unix sockets --user's, who is to remove them at the end, too. Throws RefusedStart.
void give_sockets(const Options& options, const std::vector<front_door::Endpoint>& endpoints);

/// Becomes --user, for good. With --job-user it keeps what it needs to start, limit and end that user's
/// processes: CAP_SETUID and others, so it could still become root. Throws RefusedStart.
void become_user(const Options& options);

/// Nothing where jobs run as the server does. Throws RefusedStart where this process cannot make anybody that
/// user.
std::optional<process::JobUser> job_user(const Options& options);

/// The home of whoever jobs run as, where one of the two flags says so; else empty.
std::string home_of_jobs(const Options& options);

/// Whether --cruncher is the program that came with the server.
bool has_own_cruncher(const Options& options);

/// Throws RefusedStart where a program that did not come with the server would run as root, and neither flag
/// says that it may.
void refuse_root(const Options& options);

}  // namespace server
