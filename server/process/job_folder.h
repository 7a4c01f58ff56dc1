#pragma once
// Folders that belong to one job each, below one that belongs to this server, and what has to be in them
// before a command starts. Files of a disk: for the launcher and for threads, never for the loop. Knows no
// process.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/loop/thread_pool.h"
#include "server/loop/unique_fd.h"

namespace process {

/// This server's own folder below --scratch-dir, locked as long as it lives: another that finds it without a
/// lock removes it.
class JobFolders {
 public:
  /// Makes the folder, and removes those that killed servers of this user have left there. Jobs of another
  /// user need it `passable`. Throws std::system_error.
  JobFolders(loop::Loop& loop, const std::string& scratch, bool passable);
  /// Removes the folder, and what is left in it, when the thread is done.
  ~JobFolders() = default;
  JobFolders(const JobFolders&) = delete;
  JobFolders& operator=(const JobFolders&) = delete;

  /// A path for one job. The launcher makes the folder, unless an empty one is there from an earlier job that
  /// has left no process: to make and remove one takes a usual file system as long as to start a small
  /// program.
  std::string next_path();

  /// Removes all that is in a job's folder, on a thread, and the folder unless it `may_be_kept` for another
  /// job. Nobody waits for it. Where something is left, since processes of the job still write, it is tried
  /// again.
  void remove(std::string path, bool may_be_kept);

 private:
  struct Own {
    Own(const std::string& scratch, bool passable);
    ~Own();
    std::string path;
    loop::UniqueFd lock;
  };

  // Shared with the thread, for which the loop never waits.
  struct Kept {
    std::mutex mutex;
    std::vector<std::string> paths;
  };

  void clear(const std::string& path, bool may_be_kept);
  void remove_again(std::string path, std::size_t times);

  Own own_;
  Kept kept_;
  std::vector<std::string> left_;  // the thread's
  loop::ThreadPool thread_;        // removes in there: ends first
  std::uint64_t next_ = 0;
};

/// One job's folder: removed when the owner is gone.
class JobFolder {
 public:
  JobFolder() = default;
  explicit JobFolder(JobFolders& folders) : folders_(&folders), path_(folders.next_path()) {}
  JobFolder(JobFolder&& other) noexcept
      : folders_(std::exchange(other.folders_, nullptr)),
        path_(std::move(other.path_)),
        may_be_kept_(other.may_be_kept_) {}
  JobFolder& operator=(JobFolder&& other) noexcept {
    std::swap(folders_, other.folders_);
    std::swap(path_, other.path_);
    std::swap(may_be_kept_, other.may_be_kept_);
    return *this;
  }
  ~JobFolder() {
    if (folders_) folders_->remove(std::move(path_), may_be_kept_);
  }
  const std::string& path() const { return path_; }
  /// Nobody is left who could reach into it while another job has it.
  void may_be_kept() { may_be_kept_ = true; }

 private:
  JobFolders* folders_ = nullptr;
  std::string path_;
  bool may_be_kept_ = false;
};

/// Makes a folder (0700), or opens the one that is there. No descriptor, with errno, where it cannot.
loop::UniqueFd make_folder(const std::string& path);

/// A file without a name in `folder`, to read and to write; in memory where the file system has no such
/// files.
loop::UniqueFd make_nameless_file(int folder);

/// Bytes of an open file; 0 where there is none.
std::size_t size_of_file(const loop::UniqueFd& file);

/// Gives the content's file a name in `folder`: its first one, or else a copy one, of the folder's owner. -1:
/// an empty file. False with errno.
bool put_content(int folder, const std::string& name, int content);

/// Whether a folder is one as make_folder() makes it in a folder of the kind of `parent`: empty, 0700,
/// without attributes that its files would inherit.
bool is_as_new(const std::string& path, int parent);

/// Removes a folder with all in it, whatever the permissions in there are, and never anything outside. Holds
/// some descriptors and little memory, however deep it is. False where something is left.
bool remove_folder(const std::string& path);

}  // namespace process
