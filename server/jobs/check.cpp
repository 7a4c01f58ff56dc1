#include "server/jobs/check.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>

#include "server/jobs/record.h"
#include "server/jobs/schema.h"
#include "server/loop/size_limits.h"

namespace jobs {
namespace {

constexpr std::size_t kMostFaults = 100;

void check_tables(SQLite::Database& database, Findings& findings) {
  SQLite::Statement rows(database, fmt::format("PRAGMA integrity_check({})", kMostFaults));
  while (rows.executeStep())
    if (const auto row = rows.getColumn(0).getString(); row != "ok") findings.faults.push_back(row);
}

// A content that is needed, or a result that is kept, and is not there.
void check_contents(SQLite::Database& database, const std::filesystem::path& folder, Findings& findings) {
  SQLite::Statement rows(
      database,
      "SELECT id, state, iif(state < 2, content_size, result_size), iif(state < 2, EXISTS "
      "(SELECT 1 FROM contents c WHERE c.sequence = j.sequence), EXISTS (SELECT 1 FROM "
      "results r WHERE r.sequence = j.sequence)) FROM jobs j WHERE state < 2 OR status > 0");
  while (rows.executeStep() && findings.faults.size() < kMostFaults) {
    const auto id = rows.getColumn(0).getString();
    const bool over = is_over(static_cast<State>(rows.getColumn(1).getInt()));
    const auto size = static_cast<std::uint64_t>(rows.getColumn(2).getInt64());
    const auto* what = over ? "result" : "content";
    if (size <= loop::kInFile) {
      if (rows.getColumn(3).getInt() == 0)
        findings.faults.push_back(fmt::format("the {} of job {} is not there", what, id));
      continue;
    }
    std::error_code error;
    const auto file = folder / "contents" / fmt::format("{}.{}", id, what);
    const auto found = std::filesystem::file_size(file, error);
    if (error)
      findings.faults.push_back(fmt::format("{}: {}", file.string(), error.message()));
    else if (found != size)
      findings.faults.push_back(fmt::format("{} has {} bytes, not {}", file.string(), found, size));
  }
}

void count_jobs(SQLite::Database& database, Findings& findings) {
  SQLite::Statement rows(database, "SELECT state, count(*) FROM jobs GROUP BY state");
  while (rows.executeStep()) {
    const auto state = rows.getColumn(0).getInt();
    if (state < 0 || state >= kStates) {
      findings.faults.push_back(fmt::format("jobs have the unknown state {}", state));
      continue;
    }
    findings.summary += fmt::format("{}{} {}", findings.summary.empty() ? "" : ", ",
                                    rows.getColumn(1).getInt64(), to_string(static_cast<State>(state)));
  }
  if (findings.summary.empty()) findings.summary = "no jobs";
}

}  // namespace

Findings check(const std::filesystem::path& folder) {
  Findings findings;
  const auto file = folder / "jobs.sqlite";
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    findings.faults.push_back(fmt::format("{}: {}: is {} a folder of --jobs-dir?", file.string(),
                                          error ? error.message() : "there is no such file",
                                          folder.string()));
    return findings;
  }
  try {
    SQLite::Database database(file.string(), SQLite::OPEN_READONLY, 1000);
    const int version = database.execAndGet("PRAGMA user_version");
    const auto newest = static_cast<int>(schema_steps().size());
    if (version < 1 || version > newest) {
      findings.faults.push_back(fmt::format("{} has version {} of the tables, and this program knows 1 to {}",
                                            file.string(), version, newest));
      return findings;
    }
    check_tables(database, findings);
    check_contents(database, folder, findings);
    count_jobs(database, findings);
  } catch (const std::exception& error) {
    findings.faults.push_back(fmt::format("{}: {}", file.string(), error.what()));
  }
  return findings;
}

}  // namespace jobs
