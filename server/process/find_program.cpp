#include "server/process/find_program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace process {

std::string find_program(const std::string& name) {
  std::error_code ignored;
  const auto is_program = [&](const std::string& path) {
    return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
  };
  const char* path = std::getenv("PATH");
  if (name.empty() || name.find('/') != name.npos || std::filesystem::exists(name, ignored) || !path)
    return name;
  std::istringstream folders(path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const auto file = (folder.empty() ? "." : folder) + "/" + name;
    if (is_program(file)) return file;
  }
  return name;
}

std::string fault_of_script(const std::string& path) {
  std::string line;
  std::ifstream file(path);
  if (!std::getline(file, line) || line.substr(0, 2) != "#!") return {};
  if (line.back() == '\r')
    return R"(its first line ends with \r\n, and the interpreter's name would end with \r: )"
           R"(the lines of the file are to end with \n)";
  const auto begin = line.find_first_not_of(" \t", 2);
  if (begin == line.npos) return "its first line names no interpreter";
  const auto interpreter = line.substr(begin, line.find_first_of(" \t", begin) - begin);
  if (::access(interpreter.c_str(), X_OK) == 0) return {};
  return fmt::format("its interpreter '{}' is not there", interpreter);
}

}  // namespace process
