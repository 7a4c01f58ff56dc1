#pragma once
// What a process may reach, by Landlock: a ruleset that the launcher makes and the process puts itself under
// before it executes. Best effort by what the kernel knows. Knows no job. Used by launcher.h.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/loop/unique_fd.h"
#include "server/process/call_filter.h"

namespace process {

/// As it is configured.
struct Confinement {
  enum class Mode { off, on, required };
  Mode mode = Mode::on;            ///< required: the server does not start where the kernel cannot
  std::string program;             ///< to read and to execute: the file that has this path at a start
  std::vector<std::string> read;   ///< files and folders to read and execute, beside the system's
  std::vector<std::string> write;  ///< and to write
  bool network = false;            ///< whether it may use TCP
  bool memory_files = false;       ///< and files in memory: nobody counts them
};

/// The version of the kernel's Landlock; 0 where there is none. Files from 1, TCP from 4, signals and
/// abstract sockets from 6.
int landlock_version();

/// One Confinement, with its files opened: what of them is not there is passed over.
class Confiner {
 public:
  /// Confines nothing.
  Confiner() = default;
  explicit Confiner(const Confinement& confinement);

  /// Confines no files: signals and abstract sockets reach no process outside, where the kernel can.
  /// `foreign`: its calls are filtered, too.
  static Confiner of_cruncher(bool foreign);

  /// What a job has of its own. -1: it has none.
  struct Own {
    int folder = -1;   ///< may be written, with all in it
    int content = -1;  ///< may be read
    int result = -1;   ///< may be written
  };
  /// What a job's process is to be put under. No descriptor, with errno 0, where nothing is to be confined,
  /// and with another where the kernel refuses.
  loop::UniqueFd ruleset(const Own& own) const;
  /// The calls that it may make (call_filter.h); null: all.
  const sock_fprog* filter() const { return filter_; }
  /// The caller has put itself under the filter, and so all that it starts.
  void inherit_filter() { filter_ = nullptr; }

 private:
  struct Place {
    loop::UniqueFd file;
    std::uint64_t access;
  };
  std::optional<Place> place_of(const std::string& path, std::uint64_t access) const;
  void allow(const std::string& path, std::uint64_t access);

  std::uint64_t files_ = 0;  // what is ruled, of files, TCP and what lies outside
  std::uint64_t network_ = 0;
  std::uint64_t scoped_ = 0;
  std::uint64_t read_ = 0, write_ = 0;
  std::vector<Place> places_;
  std::string program_;  // empty: none
  const sock_fprog* filter_ = nullptr;
};

/// For the calling process, which has no_new_privs already: one that was cloned with its parent's memory may
/// call this. Lets it see its own files of /proc. False with errno.
bool confine_self(int ruleset);

}  // namespace process
