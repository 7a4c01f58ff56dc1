#include "tests/harness/process_table.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

namespace harness {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string proc_path(pid_t pid, std::string_view file) {
  return std::string("/proc/").append(std::to_string(pid)).append("/").append(file);
}

std::vector<ProcessInfo> all_processes() {
  std::vector<ProcessInfo> all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::isdigit(static_cast<unsigned char>(name[0]))) continue;
    if (auto info = find_process(static_cast<pid_t>(std::stol(name)))) all.push_back(*info);
  }
  return all;
}

}  // namespace

std::optional<ProcessInfo> find_process(pid_t pid) {
  const std::string stat = read_file(proc_path(pid, "stat"));
  const auto name_start = stat.find('(');
  const auto name_end = stat.rfind(')');  // a name may hold anything, ')' too
  if (name_start == std::string::npos || name_end == std::string::npos) return std::nullopt;

  ProcessInfo info;
  info.pid = pid;
  info.name = stat.substr(name_start + 1, name_end - name_start - 1);
  std::istringstream rest(stat.substr(name_end + 1));
  std::vector<std::string> column;  // column[i] is field i + 3 of proc(5)
  for (std::string word; rest >> word;) column.push_back(word);
  if (column.size() < 39) return std::nullopt;
  const auto number = [&](int field) { return std::stoll(column[field - 3]); };
  info.state = column[0][0];
  info.parent = static_cast<pid_t>(number(4));
  info.group = static_cast<pid_t>(number(5));
  info.session = static_cast<pid_t>(number(6));
  info.cpu_time = milliseconds((number(14) + number(15)) * 1000 / sysconf(_SC_CLK_TCK));
  info.nice = static_cast<int>(number(19));
  info.threads = static_cast<int>(number(20));
  info.rss_kib = static_cast<std::size_t>(number(24) * sysconf(_SC_PAGESIZE) / 1024);
  info.policy = static_cast<int>(number(41));
  return info;
}

std::vector<ProcessInfo> children_of(pid_t pid) {
  auto all = all_processes();
  std::erase_if(all, [&](const ProcessInfo& info) { return info.parent != pid; });
  return all;
}

std::vector<ProcessInfo> descendants_of(pid_t pid) {
  const auto all = all_processes();
  std::vector<ProcessInfo> found;
  std::vector<pid_t> parents{pid};
  while (!parents.empty()) {
    const pid_t parent = parents.back();
    parents.pop_back();
    for (const auto& info : all) {
      if (info.parent != parent) continue;
      found.push_back(info);
      parents.push_back(info.pid);
    }
  }
  return found;
}

std::vector<ProcessInfo> crunchers_of(pid_t server) {
  auto crunchers = children_of(server);
  // A launcher has the server's name at first, and a fork server just executed its program's: what it reads
  // from is no pipe.
  const auto itself = find_process(server);
  std::erase_if(crunchers, [&itself](const ProcessInfo& child) {
    std::error_code gone;
    const auto input = std::filesystem::read_symlink(proc_path(child.pid, "fd/0"), gone);
    return child.is_launcher() || (itself && child.name == itself->name) ||
           input.native().starts_with("socket:");
  });
  return crunchers;
}

std::vector<pid_t> launchers_of(pid_t server) {
  std::vector<pid_t> launchers;
  for (const auto& child : children_of(server))
    if (child.is_launcher() && !child.is_zombie()) launchers.push_back(child.pid);
  return launchers;
}

std::size_t zombie_children_of(pid_t pid) {
  const auto children = children_of(pid);
  return std::count_if(children.begin(), children.end(), [](const auto& child) { return child.is_zombie(); });
}

bool is_gone(pid_t pid) {
  return !find_process(pid);
}

bool is_dead(pid_t pid) {
  const auto info = find_process(pid);
  return !info || info->is_zombie();
}

std::size_t open_descriptors(pid_t pid) {
  std::error_code gone;
  std::filesystem::directory_iterator entries(proc_path(pid, "fd"), gone);
  return gone ? 0 : std::distance(begin(entries), end(entries));
}

std::size_t private_memory_kib(pid_t pid) {
  const std::string status = read_file(proc_path(pid, "status"));
  static constexpr std::string_view kMark = "RssAnon:";
  const auto found = status.find(kMark);
  return found == std::string::npos ? 0 : std::stoul(status.substr(found + kMark.size()));
}

}  // namespace harness
