#pragma once
// What clients see of a stored job. Knows no route but the names of a job's own. Used by job_routes.cpp,
// submission.cpp and events.cpp.

#include "ipc/json.h"
#include "server/jobs/runner.h"

namespace routes {

/// "/jobs/ID" and "/jobs/ID/result".
std::string job_path(const std::string& id);
std::string result_path(const std::string& id);

/// Its schema is JobDocument of openapi.json.
ipc::Json job_document(const jobs::Record& record, const jobs::Runner& runner);
ipc::Json job_schema();

}  // namespace routes
