#pragma once
// The folder of --jobs-dir: locked for one server, with a file for each large content and result. A file is
// whole or absent. Knows no database. Used by database.h, on the store's thread; everything here blocks.

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/jobs/record.h"

namespace jobs {

/// A sentence that says what is wrong with the folder, and with which file.
struct StoreError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What must keep a server from starting: another one has the folder, or a newer version made it.
struct StoreRefused : StoreError {
  using StoreError::StoreError;
};

/// The disk is full, or nearly so.
struct NoRoom : StoreError {
  using StoreError::StoreError;
};

class Folder {
 public:
  /// Makes the folder where there is none (0700) and locks it. Throws StoreError; StoreRefused where another
  /// process has it.
  explicit Folder(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database() const { return path_ / "jobs.sqlite"; }

  /// Throws StoreError where the folder is no longer the one that was opened.
  void must_be_there() const;

  /// Asks the disk how much room there is, for what follows. So many bytes of the database are `unused`, and
  /// can be written anew.
  void look_for_room(std::uint64_t unused);
  std::uint64_t room() const { return room_; }
  /// Whether there is something in the log of SQLite, as far as the last look goes.
  bool has_log() const { return has_log_; }
  /// Takes of that room. Throws NoRoom where a content of `size` bytes would leave less than `kept`
  /// bytes.
  void must_have_room(std::uint64_t size, std::uint64_t kept);

  /// `content` as a file of that name, on disk with its name when this returns; in its place if there is one.
  void write(const std::string& name, const Content& content) const;
  /// No descriptor where there is no such file of that size. Throws StoreError.
  loop::UniqueFd open(const std::string& name, std::uint64_t size) const;
  void remove(const std::string& name) const;
  /// The names of all such files, those that were never finished included.
  std::vector<std::string> files() const;

 private:
  void sync() const;

  std::filesystem::path path_;
  std::uint64_t room_ = 0;
  bool has_log_ = false;
  std::uint64_t unused_ = 0;
  std::uint64_t in_log_ = 0;  // of this transaction
  loop::UniqueFd directory_;
  loop::UniqueFd lock_;
};

/// The whole content in memory. Throws StoreError.
std::string read_all(const Content& content);

}  // namespace jobs
