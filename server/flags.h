#pragma once
// Which flags there are: the name, the bounds and the help of each, and which Option it sets. Called by
// options.cpp.

#include "server/options.h"
#include "server/settings/flag_table.h"

namespace server {

/// Every flag; each sets what it is for in `options`, which must outlive the table.
void add_flags(settings::FlagTable& flags, Options& options);

/// Those that may stand in [task.NAME], too.
void add_job_flags(settings::FlagTable& flags, process::JobLimits& job);

/// What the processes of a task may have of their own. Stands in [task.NAME] alone.
void add_surroundings_flags(settings::FlagTable& flags, std::vector<std::string>& environment,
                            std::string& launcher);

}  // namespace server
