#include "tests/harness/temporary_directory.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace harness {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = fs::temp_directory_path() / "cruncher-test-XXXXXX";
  if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot make " + pattern);
  path_ = pattern;
  fs::permissions(path_, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(const std::string& name, std::string_view text, bool executable) const {
  const fs::path unfinished = path_ / (name + ".new");
  std::ofstream(unfinished, std::ios::binary) << text;
  if (executable) fs::permissions(unfinished, fs::perms(0755));
  fs::rename(unfinished, path_ / name);
  return path_ / name;
}

std::string TemporaryDirectory::copy(const fs::path& program, const std::string& name) const {
  const fs::path unfinished = path_ / (name + ".new");
  fs::copy_file(program, unfinished);
  fs::rename(unfinished, path_ / name);
  return path_ / name;
}

void TemporaryDirectory::remove(const std::string& name) const {
  fs::remove(path_ / name);
}

}  // namespace harness
