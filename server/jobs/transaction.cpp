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
constexpr Milliseconds kMakeRoomAgain{2000};

}  // namespace

void Database::begin() {
  figures_before_ = figures_;
  folder_.must_be_there();
  struct stat here {
  }, there{};
  if (::fstat(file_.get(), &here) != 0 || ::stat(folder_.database().c_str(), &there) != 0 ||
      here.st_ino != there.st_ino)
    throw StoreError(fmt::format("{} is not there any more", folder_.database().string()));
  folder_.look_for_room(unused());
  if (folder_.room() < kLittleRoom && folder_.has_log()) make_room();
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

// Not where somebody reads what the log has: to wait for its end would hold up everybody else.
void Database::make_room() {
  if (Clock::now() < make_room_again_) return;
  auto* handle = database_.getHandle();
  sqlite3_busy_timeout(handle, 0);
  const int result = sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(handle, kBusyMs);
  if (result != SQLITE_OK) make_room_again_ = Clock::now() + kMakeRoomAgain;
  folder_.look_for_room(unused());
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
