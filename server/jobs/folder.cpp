#include "server/jobs/folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "server/loop/size_limits.h"

namespace jobs {
namespace {

constexpr char kFiles[] = "contents";
constexpr std::uint64_t kRow = 8 * 1024;  // what a job takes without its content: pages of tables and indexes

[[noreturn]] void fail(const char* what, const std::filesystem::path& path) {
  const auto why = fmt::format("{} {}: {}", what, path.string(), std::strerror(errno));
  if (errno == ENOSPC || errno == EDQUOT) throw NoRoom(why);
  throw StoreError(why);
}

void make_directory(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) fail("cannot make", path);
}

void write_all(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const auto count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) fail("cannot write", path);
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void copy(int to, const Content& content, const std::filesystem::path& path) {
  if (!content.file) return write_all(to, content.bytes, path);
  std::string piece(loop::kBytesPerCall, '\0');
  for (std::uint64_t at = 0; at < content.size;) {
    const auto count =
        ::pread(content.file.get(), piece.data(), piece.size(), static_cast<off_t>(content.offset + at));
    if (count < 0) fail("cannot read what is to be", path);
    if (count == 0) throw StoreError(fmt::format("what is to be {} is cut short", path.string()));
    write_all(to, {piece.data(), static_cast<std::size_t>(count)}, path);
    at += static_cast<std::uint64_t>(count);
  }
}

bool same_file(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

}  // namespace

// The lock is the process's (fcntl(2)): what is forked of the server does not have it.
Folder::Folder(std::filesystem::path path) : path_(std::move(path)) {
  make_directory(path_);
  make_directory(path_ / kFiles);
  directory_ = loop::UniqueFd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory_) fail("cannot open", path_);
  const auto lock = path_ / "lock";
  lock_ = loop::UniqueFd(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_) fail("cannot open", lock);
  struct flock whole {};
  whole.l_type = F_WRLCK;
  if (::fcntl(lock_.get(), F_SETLK, &whole) == 0) return;
  if (errno == EACCES || errno == EAGAIN)
    throw StoreRefused(fmt::format("{} is another server's", path_.string()));
  fail("cannot lock", lock);
}

void Folder::must_be_there() const {
  struct stat here {
  }, there{};
  if (::fstat(directory_.get(), &here) != 0 || ::stat(path_.c_str(), &there) != 0 || !same_file(here, there))
    throw StoreError(fmt::format("{} is not there any more", path_.string()));
}

void Folder::look_for_room(std::uint64_t unused) {
  struct statvfs disk {};
  const bool known = ::fstatvfs(directory_.get(), &disk) == 0;
  room_ = known ? static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize : UINT64_MAX;
  // What is in the log has yet to be brought into the tables.
  struct stat log {};
  has_log_ = ::stat((database().string() + "-wal").c_str(), &log) == 0 && log.st_size > 0;
  if (has_log_) room_ -= std::min(room_, static_cast<std::uint64_t>(log.st_size));
  unused_ = unused;
  in_log_ = 0;
}

void Folder::must_have_room(std::uint64_t size, std::uint64_t kept) {
  const auto in_tables = size > loop::kInFile ? 0 : size;
  const auto anew = std::min(in_tables, unused_);
  const auto lasting = kRow + size - anew;
  // A short content is in the log of SQLite first, and that takes its room for a while alone.
  const auto in_log = in_log_ + in_tables + kRow;
  if (room_ < lasting + std::max(kept, in_log))
    throw NoRoom(fmt::format("{} has room for {} more bytes alone", path_.string(), room_));
  room_ -= lasting;
  unused_ -= anew;
  in_log_ = in_log;
}

void Folder::sync() const {
  const auto path = path_ / kFiles;
  const loop::UniqueFd files(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!files || ::fsync(files.get()) != 0) fail("cannot sync", path);
}

void Folder::write(const std::string& name, const Content& content) const {
  const auto path = path_ / kFiles / name;
  const auto unfinished = path.string() + ".new";
  const loop::UniqueFd file(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) fail("cannot write", unfinished);
  try {
    copy(file.get(), content, path);
    if (::fsync(file.get()) != 0) fail("cannot sync", path);
    if (::rename(unfinished.c_str(), path.c_str()) != 0) fail("cannot rename", unfinished);
  } catch (const StoreError&) {
    ::unlink(unfinished.c_str());
    throw;
  }
  sync();
}

loop::UniqueFd Folder::open(const std::string& name, std::uint64_t size) const {
  const auto path = path_ / kFiles / name;
  loop::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return {};
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) fail("cannot open", path);
  if (static_cast<std::uint64_t>(status.st_size) != size) return {};
  return file;
}

void Folder::remove(const std::string& name) const {
  ::unlink((path_ / kFiles / name).c_str());
}

std::vector<std::string> Folder::files() const {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(path_ / kFiles, ignored))
    names.push_back(entry.path().filename());
  return names;
}

std::string read_all(const Content& content) {
  if (!content.file) return content.bytes;
  std::string all(content.size, '\0');
  for (std::size_t at = 0; at < all.size();) {
    const auto count = ::pread(content.file.get(), all.data() + at, all.size() - at,
                               static_cast<off_t>(content.offset + at));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw StoreError("a stored content cannot be read whole");
    at += static_cast<std::size_t>(count);
  }
  return all;
}

}  // namespace jobs
