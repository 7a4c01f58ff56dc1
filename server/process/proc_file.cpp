#include "server/process/proc_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace process {
namespace {

// Empty where it has ended.
std::string status_of(pid_t pid) {
  const loop::UniqueFd file(::open(fmt::format("/proc/{}/status", pid).c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(4096, '\0');
  const auto size = file ? ::read(file.get(), text.data(), text.size()) : -1;
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

std::optional<long> line_of(const std::string& status, std::string_view name) {
  const auto at = status.find(name);
  if (at == std::string::npos) return std::nullopt;
  return std::strtol(status.c_str() + at + name.size(), nullptr, 10);
}

std::optional<long> status_line(pid_t pid, std::string_view name) {
  return line_of(status_of(pid), name);
}

}  // namespace

std::optional<long> peak_resident_kib(pid_t pid) {
  return status_line(pid, "VmHWM:");
}

std::optional<long> resident_kib(pid_t pid) {
  return status_line(pid, "VmRSS:");
}

std::optional<long> held_kib(pid_t pid) {
  const auto status = status_of(pid);
  const auto anonymous = line_of(status, "RssAnon:");
  if (!anonymous) return std::nullopt;
  return *anonymous + line_of(status, "RssShmem:").value_or(0);
}

bool has_no_new_privs(pid_t pid) {
  return status_line(pid, "NoNewPrivs:") != 0;
}

MemoryOf::MemoryOf(pid_t pid)
    : file_(::open(fmt::format("/proc/{}/statm", pid).c_str(), O_RDONLY | O_CLOEXEC)) {}

MemoryOf::Memory MemoryOf::operator()() const {
  char text[128];
  const auto size = file_ ? ::pread(file_.get(), text, sizeof text - 1, 0) : -1;
  if (size <= 0) return {};
  text[size] = '\0';
  constexpr int kResident = 1, kData = 5, kFields = 6;  // in pages
  std::uint64_t pages[kFields]{};
  char* rest = text;
  for (auto& count : pages) count = std::strtoull(rest, &rest, 10);
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return {pages[kResident] * page, pages[kData] * page};
}

ChildrenOfThread::ChildrenOfThread(pid_t thread) : ChildrenOfThread(::getpid(), thread) {}

ChildrenOfThread::ChildrenOfThread(pid_t process, pid_t thread)
    : file_(::open(fmt::format("/proc/{}/task/{}/children", process, thread).c_str(), O_RDONLY | O_CLOEXEC)) {
}

std::vector<pid_t> ChildrenOfThread::operator()() const {
  std::vector<pid_t> pids;
  pid_t pid = 0;
  char text[4096];
  // Decimal numbers, a space behind each; a portion may end in the middle of one.
  off_t at = 0;
  for (ssize_t size; file_ && (size = ::pread(file_.get(), text, sizeof text, at)) > 0; at += size) {
    for (const char c : std::string_view(text, static_cast<std::size_t>(size))) {
      if (c >= '0' && c <= '9') {
        pid = pid * 10 + (c - '0');
      } else if (pid > 0) {
        pids.push_back(std::exchange(pid, 0));
      }
    }
  }
  return pids;
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> all;
  std::error_code ignored;
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), ignored)) {
    const auto some = ChildrenOfThread(pid, std::stoi(thread.path().filename()))();
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

std::vector<pid_t> children() {
  return children_of(::getpid());
}

std::vector<pid_t> children_by_parent() {
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const auto pid = static_cast<pid_t>(std::strtol(entry.path().filename().c_str(), nullptr, 10));
    if (pid > 0 && status_line(pid, "PPid:") == ::getpid()) found.push_back(pid);
  }
  return found;
}

CpuTimeOf::CpuTimeOf(pid_t pid) {
  if (clockid_t clock; ::clock_getcpuclockid(pid, &clock) == 0) clock_ = clock;
}

std::optional<double> CpuTimeOf::operator()() const {
  timespec time{};
  if (!clock_ || ::clock_gettime(*clock_, &time) != 0) return std::nullopt;
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

std::optional<double> cpu_ms(pid_t pid) {
  return CpuTimeOf(pid)();
}

}  // namespace process
