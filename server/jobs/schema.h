#pragma once
// The tables of stored jobs, as the steps from each version to the next. Knows no job. Called by database.h.

#include <SQLiteCpp/Database.h>

#include <span>

namespace jobs {

/// Step n leads from version n to n + 1. A step that was released never changes.
std::span<const char* const> schema_steps();

/// Brings `database` to the newest version, in one transaction. Throws StoreRefused where it is newer than
/// that, and SQLite::Exception.
void migrate(SQLite::Database& database, std::span<const char* const> steps);

}  // namespace jobs
