// Database's transactions: each begins with a look at the folder and its room, and ends with all of its files
// or none.

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "server/jobs/database.h"

namespace jobs {
namespace {

// More than a group of operations can write. With less than that SQLite's log begins anew for each
// transaction: grown into the last of the room, it could not be brought into the tables any more.
constexpr std::uint64_t kLittleRoom = 8 << 20;

}  // namespace

void Database::begin() {
  folder_.must_be_there();
  struct stat here {
  }, there{};
  if (::fstat(file_.get(), &here) != 0 || ::stat(folder_.database().c_str(), &there) != 0 ||
      here.st_ino != there.st_ino)
    throw StoreError(fmt::format("{} is not there any more", folder_.database().string()));
  folder_.look_for_room(unused());
  if (folder_.room() < kLittleRoom) {
    make_room();
    folder_.look_for_room(unused());
  }
  figures_before_ = figures_;
  prepared("BEGIN IMMEDIATE").exec();
}

void Database::commit() {
  for (auto& [sql, statement] : prepared_) statement->tryReset();
  prepared("COMMIT").exec();
  written_.clear();
  for (const auto& name : std::exchange(doomed_, {})) folder_.remove(name);
}

void Database::roll_back() noexcept {
  for (auto& [sql, statement] : prepared_) statement->tryReset();
  if (sqlite3_get_autocommit(database_.getHandle()) == 0) database_.tryExec("ROLLBACK");
  for (const auto& name : std::exchange(written_, {})) folder_.remove(name);
  doomed_.clear();
  figures_ = figures_before_;
}

void Database::make_room() {
  database_.tryExec("PRAGMA wal_checkpoint(TRUNCATE)");
}

// What deleted rows have left, in bytes.
std::uint64_t Database::unused() {
  std::uint64_t bytes = 1;
  for (const auto* pragma : {"PRAGMA freelist_count", "PRAGMA page_size"}) {
    auto& ask = prepared(pragma);
    ask.executeStep();
    bytes *= static_cast<std::uint64_t>(ask.getColumn(0).getInt64());
    ask.reset();
  }
  return bytes;
}

}  // namespace jobs
