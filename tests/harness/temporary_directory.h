#pragma once
// A directory of its own for one test, removed with everything in it. Knows nothing of what is put there.

#include <filesystem>
#include <string>
#include <string_view>

namespace harness {

/// All of a file; empty where there is none.
std::string text_of(const std::filesystem::path& path);

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Writes a file whole and in one step (a reader never sees half of it); its path.
  std::string write(const std::string& name, std::string_view text, bool executable = false) const;
  /// Copies a program here, in one step; its path.
  std::string copy(const std::filesystem::path& program, const std::string& name) const;
  void remove(const std::string& name) const;

 private:
  std::filesystem::path path_;
};

}  // namespace harness
