#pragma once
// `/jobs`: stored jobs, looked at, waited for, watched, cancelled, fetched. Called once by main.

#include "server/routes/route.h"
#include "server/routes/stored.h"

namespace routes {

/// What `stored` refers to must outlive the table, and so must the loop.
Table job_routes(Stored stored, Loop& loop);

}  // namespace routes
