#include "server/process/job_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "server/process/launch.h"

namespace process {
namespace {

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr char kPrefix[] = "cruncherd-";
constexpr mode_t kOwnersOnly = 0700;
constexpr std::size_t kMostKept = 64;
constexpr Milliseconds kRemoveAgain[] = {Milliseconds(50), Milliseconds(250), Milliseconds(1000),
                                         Milliseconds(5000)};

// Not loop::random_id(), which is the loop's own.
std::uint64_t random_number() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number)
    number = static_cast<std::uint64_t>(::getpid());
  return number;
}

// Not through a link, which a process that is left may put there meanwhile.
bool make_accessible(int parent, const std::string& name) {
  return ::fchmodat(parent, name.c_str(), kOwnersOnly, AT_SYMLINK_NOFOLLOW) == 0;
}

template <typename Visit>
void for_each_name(int folder, Visit visit) {
  const int own = ::openat(folder, ".", kFolder);
  DIR* listing = own < 0 ? nullptr : ::fdopendir(own);
  if (!listing && own >= 0) ::close(own);
  if (!listing) return;
  while (const auto* entry = ::readdir(listing)) {
    const std::string name(entry->d_name);
    if (name != "." && name != "..") visit(name);
  }
  ::closedir(listing);
}

// Such as FS_ENCRYPT_FL and FS_CASEFOLD_FL, which who owns an empty folder may set; 0 where the file system
// has none. How it keeps its names is its own affair.
unsigned flags_of(int folder) {
  unsigned flags = 0;
  return ::ioctl(folder, FS_IOC_GETFLAGS, &flags) == 0 ? flags & ~static_cast<unsigned>(FS_INDEX_FL) : 0;
}

// Removes all that is in a folder. Each folder in it is moved to its top under a number, so that none is
// deep.
class Emptying {
 public:
  explicit Emptying(int top) : top_(top) {}

  void run() {
    empty(top_);
    for (std::uint64_t done = 0; done < next_; ++done) {
      const auto name = numbered(done);
      const loop::UniqueFd folder(::openat(top_, name.c_str(), kFolder));
      if (folder) empty(folder.get());
      ::unlinkat(top_, name.c_str(), AT_REMOVEDIR);
    }
  }

 private:
  std::string numbered(std::uint64_t number) const { return fmt::format("{}{}", prefix_, number); }

  void empty(int folder) {
    for_each_name(folder, [&](const std::string& name) {
      if (folder == top_ && name.starts_with(prefix_)) return;
      if (::unlinkat(folder, name.c_str(), 0) == 0 || ::unlinkat(folder, name.c_str(), AT_REMOVEDIR) == 0)
        return;
      // A folder, since unlinkat() leaves no link. One that cannot be opened cannot be moved.
      if (make_accessible(folder, name) &&
          ::renameat(folder, name.c_str(), top_, numbered(next_).c_str()) == 0)
        ++next_;
    });
  }

  const int top_;
  const std::string prefix_ = fmt::format(".gone-{}-", random_number());  // no name of the job's own
  std::uint64_t next_ = 0;
};

// Locks a folder. True where nobody else has it, and it is still there.
bool is_ours(int folder) {
  struct stat status {};
  return ::flock(folder, LOCK_EX | LOCK_NB) == 0 && ::fstat(folder, &status) == 0 && status.st_nlink > 0;
}

void remove_leftovers(const std::string& scratch) {
  const loop::UniqueFd top(::open(scratch.c_str(), kFolder & ~O_NOFOLLOW));
  for_each_name(top.get(), [&](const std::string& name) {
    if (!name.starts_with(kPrefix)) return;
    const loop::UniqueFd folder(::openat(top.get(), name.c_str(), kFolder));
    struct stat status {};
    if (folder && ::fstat(folder.get(), &status) == 0 && status.st_uid == ::geteuid() &&
        is_ours(folder.get()))
      remove_folder(scratch + "/" + name);
  });
}

}  // namespace

JobFolders::Own::Own(const std::string& scratch, bool passable) {
  remove_leftovers(scratch);
  do {  // another server that starts may have found it before it was locked
    path = std::filesystem::absolute(fmt::format("{}/{}XXXXXX", scratch, kPrefix)).lexically_normal();
    if (!::mkdtemp(path.data()))
      throw std::system_error(errno, std::generic_category(), fmt::format("--scratch-dir '{}'", scratch));
    lock = loop::UniqueFd(::open(path.c_str(), kFolder));
  } while (!is_ours(lock.get()));
  if (passable) ::fchmod(lock.get(), 0711);
}

JobFolders::Own::~Own() {
  remove_folder(path);
}

JobFolders::JobFolders(loop::Loop& loop, const std::string& scratch, bool passable)
    : own_(scratch, passable), thread_(loop, 1) {
  thread_.run([] { set_priority(Priority::low); });
}

std::string JobFolders::next_path() {
  const std::unique_lock lock(kept_.mutex, std::try_to_lock);
  if (lock && !kept_.paths.empty()) {
    auto path = std::move(kept_.paths.back());
    kept_.paths.pop_back();
    return path;
  }
  return fmt::format("{}/{}", own_.path, next_++);
}

void JobFolders::remove(std::string path, bool may_be_kept) {
  thread_.run([this, path = std::move(path), may_be_kept] { clear(path, may_be_kept); });
}

void JobFolders::clear(const std::string& path, bool may_be_kept) {
  if (may_be_kept && is_as_new(path, own_.lock.get())) {
    const std::lock_guard lock(kept_.mutex);
    if (kept_.paths.size() < kMostKept) return kept_.paths.push_back(path);
  }
  remove_again(path, 0);
}

// Beyond these times some are tried whenever another one has ended, and the rest at the server's end.
void JobFolders::remove_again(std::string path, std::size_t times) {
  if (!remove_folder(path)) {
    if (times < std::size(kRemoveAgain))
      thread_.run_later(kRemoveAgain[times],
                        [this, path = std::move(path), times] { remove_again(path, times + 1); });
    else
      left_.insert(left_.begin(), std::move(path));
  } else if (!left_.empty() && remove_folder(left_.back())) {
    left_.pop_back();
  }
}

loop::UniqueFd make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), kOwnersOnly) != 0 && errno != EEXIST) return {};
  return loop::UniqueFd(::open(path.c_str(), kFolder));
}

loop::UniqueFd make_nameless_file(int folder) {
  constexpr char kName[] = ".result";  // for a moment, where the file system knows no other way (NFS)
  loop::UniqueFd file(::openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) return file;
  file = loop::UniqueFd(::openat(folder, kName, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file) ::unlinkat(folder, kName, 0);
  return file;
}

std::size_t size_of_file(const loop::UniqueFd& file) {
  struct stat status {};
  return file && ::fstat(file.get(), &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

bool put_content(int folder, const std::string& name, int content) {
  struct stat source {
  }, owner{};
  if (::fstat(folder, &owner) != 0 || (content >= 0 && ::fstat(content, &source) != 0)) return false;
  // One that has a name is kept for another attempt, and this job might write to it.
  const auto own = fmt::format("/proc/self/fd/{}", content);
  const bool nameless = content >= 0 && source.st_nlink == 0;
  if (nameless &&
      (::linkat(AT_FDCWD, own.c_str(), folder, name.c_str(), AT_SYMLINK_FOLLOW) == 0 || errno == EEXIST))
    return true;
  const loop::UniqueFd copy(
      ::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!copy) return false;
  if (owner.st_uid != ::geteuid() && ::fchown(copy.get(), owner.st_uid, owner.st_gid) != 0) return false;
  if (content < 0 || ::ioctl(copy.get(), FICLONE, content) == 0) return true;
  off_t at = 0;
  while (at < source.st_size) {
    const auto count = ::sendfile(copy.get(), content, &at, static_cast<std::size_t>(source.st_size - at));
    if (count < 0 && errno != EINTR) return false;
    if (count == 0) break;
  }
  return true;
}

bool is_as_new(const std::string& path, int parent) {
  const loop::UniqueFd folder(::open(path.c_str(), kFolder));
  struct stat status {};
  if (!folder || ::fstat(folder.get(), &status) != 0 || (status.st_mode & 07777) != kOwnersOnly) return false;
  if (flags_of(folder.get()) != flags_of(parent) || ::flistxattr(folder.get(), nullptr, 0) > 0) return false;
  bool empty = true;
  for_each_name(folder.get(), [&empty](const std::string&) { empty = false; });
  return empty;
}

bool remove_folder(const std::string& path) {
  if (::rmdir(path.c_str()) == 0) return true;  // most jobs leave nothing in it
  if (!make_accessible(AT_FDCWD, path)) return errno == ENOENT;
  const loop::UniqueFd top(::open(path.c_str(), kFolder));
  if (!top) return false;
  Emptying(top.get()).run();
  return ::rmdir(path.c_str()) == 0;
}

}  // namespace process
