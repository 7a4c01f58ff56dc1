// What Database does once, when it is opened.

#include <SQLiteCpp/Transaction.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "server/jobs/database.h"
#include "server/jobs/schema.h"
#include "server/loop/size_limits.h"

namespace jobs {
namespace {

constexpr mode_t kOwnersOnly = 0600;

// Nobody else's to read: SQLite gives the files beside it the same mode.
void make_private(const std::filesystem::path& file) {
  ::close(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnersOnly));
  for (const auto* beside : {"", "-wal", "-shm"}) ::chmod((file.string() + beside).c_str(), kOwnersOnly);
}

SQLite::Database open(const std::filesystem::path& file) {
  make_private(file);
  SQLite::Database database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, Database::kBusyMs);
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  // Debian's SQLite would write zeros over each page of a content that is dropped, through its log.
  database.exec("PRAGMA secure_delete = FAST");
  migrate(database, schema_steps());
  return database;
}

}  // namespace

Database::Database(const std::filesystem::path& folder)
    : folder_(folder),
      database_(open(folder_.database())),
      file_(::open(folder_.database().c_str(), O_RDONLY | O_CLOEXEC)) {
  sweep_files();  // which may make the room that the rest needs
  settle();
  count_all();
  sweep_files();
}

Database::~Database() = default;

void Database::settle() {
  SQLite::Transaction transaction(database_);
  SQLite::Statement again(database_, "UPDATE jobs SET state = 0 WHERE state = 1 AND attempts <= retries");
  again.exec();
  SQLite::Statement lost(database_,
                         "UPDATE jobs SET state = 5, reason = 'interrupted', ended = ? WHERE state = 1");
  lost.bind(1, now());
  lost.exec();
  database_.exec("DELETE FROM contents WHERE sequence IN (SELECT sequence FROM jobs WHERE state = 5)");
  transaction.commit();
}

void Database::count_all() {
  SQLite::Statement states(database_, "SELECT state, count(*) FROM jobs GROUP BY state");
  while (states.executeStep())
    figures_.by_state.at(static_cast<std::size_t>(states.getColumn(0).getInt())) =
        static_cast<std::uint64_t>(states.getColumn(1).getInt64());
  SQLite::Statement sizes(database_,
                          "SELECT coalesce(sum(iif(state < 2, content_size, 0)), 0), "
                          "coalesce(sum(iif(state < 2, 0, result_size)), 0) FROM jobs");
  sizes.executeStep();
  figures_.kept = static_cast<std::uint64_t>(sizes.getColumn(1).getInt64());
  figures_.bytes = figures_.kept + static_cast<std::uint64_t>(sizes.getColumn(0).getInt64());
}

// What a job that is not there has left, and what was never finished.
void Database::sweep_files() {
  std::set<std::string> needed;
  SQLite::Statement large(database_,
                          "SELECT id, state FROM jobs WHERE content_size > ?1 OR result_size > ?1");
  large.bind(1, static_cast<std::int64_t>(loop::kInFile));
  while (large.executeStep())
    needed.insert(large.getColumn(0).getString() +
                  (is_over(static_cast<State>(large.getColumn(1).getInt())) ? kResultFile : kContentFile));
  for (const auto& name : folder_.files())
    if (!needed.contains(name)) folder_.remove(name);
}

}  // namespace jobs
