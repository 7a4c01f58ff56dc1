#include "server/jobs/schema.h"

#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>

#include "server/jobs/folder.h"

namespace jobs {
namespace {

// Contents and results have tables of their own, so that those of `jobs` have short rows.
constexpr const char* kSteps[] = {R"(
CREATE TABLE jobs (
  sequence     INTEGER PRIMARY KEY AUTOINCREMENT,
  id           TEXT NOT NULL UNIQUE,
  owner        TEXT NOT NULL,
  client       TEXT NOT NULL,
  task         TEXT NOT NULL,
  state        INTEGER NOT NULL,
  attempts     INTEGER NOT NULL DEFAULT 0,
  retries      INTEGER NOT NULL,
  created      INTEGER NOT NULL,
  started      INTEGER NOT NULL DEFAULT 0,
  ended        INTEGER NOT NULL DEFAULT 0,
  status       INTEGER NOT NULL DEFAULT 0,
  type         TEXT NOT NULL DEFAULT '',
  reason       TEXT NOT NULL DEFAULT '',
  result_size  INTEGER NOT NULL DEFAULT 0,
  usage        TEXT NOT NULL DEFAULT '',
  query        TEXT NOT NULL,
  content_type TEXT NOT NULL,
  accept       TEXT NOT NULL,
  content_size INTEGER NOT NULL,
  key          TEXT,
  digest       BLOB
) STRICT;
CREATE INDEX by_state ON jobs (state, sequence);
CREATE INDEX by_end ON jobs (ended) WHERE ended > 0;
CREATE UNIQUE INDEX by_key ON jobs (owner, client, key) WHERE key IS NOT NULL;
CREATE VIEW records AS
  SELECT sequence, id, owner, client, task, state, attempts, retries, created, started, ended, status, type, reason,
         result_size, usage
  FROM jobs;
CREATE TABLE contents (sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE results (sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
)"};

}  // namespace

std::span<const char* const> schema_steps() {
  return kSteps;
}

void migrate(SQLite::Database& database, std::span<const char* const> steps) {
  const auto newest = static_cast<int>(steps.size());
  const int version = database.execAndGet("PRAGMA user_version");
  if (version > newest)
    throw StoreRefused(fmt::format("{} has version {} of the tables, and this program knows {} at the most",
                                   database.getFilename(), version, newest));
  if (version == newest) return;
  SQLite::Transaction transaction(database);
  for (int i = version; i < newest; ++i) database.exec(steps[static_cast<std::size_t>(i)]);
  database.exec(fmt::format("PRAGMA user_version = {}", newest));
  transaction.commit();
}

}  // namespace jobs
