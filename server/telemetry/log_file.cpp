#include "server/telemetry/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace telemetry {
namespace {

constexpr int kPatienceMs = 1000;
constexpr std::chrono::seconds kBetweenTries{1};

// Returns 0, or errno of what kept the rest of `line` back: ETIMEDOUT where it was the reader.
int put(int fd, std::string_view& line, bool& stuck) {
  while (!line.empty()) {
    pollfd ready{fd, POLLOUT, 0};
    stuck = ::poll(&ready, 1, stuck ? 0 : kPatienceMs) <= 0;
    if (stuck) return ETIMEDOUT;
    // At most what a pipe takes at once where poll(2) says that it takes something: so this write does not
    // block.
    const auto count = ::write(fd, line.data(), std::min<std::size_t>(line.size(), PIPE_BUF));
    if (count < 0 && errno != EINTR) return errno;
    if (count > 0) line.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

void tell_stderr(std::string_view sentence) {
  bool stuck = false;
  put(STDERR_FILENO, sentence, stuck);
}

loop::UniqueFd open_file(const std::string& name) {
  // By its path a descriptor would be opened anew, which its owner may not permit.
  for (const auto& [path, fd] : {std::pair{"-", STDOUT_FILENO}, std::pair{"/dev/stdout", STDOUT_FILENO},
                                 std::pair{"/dev/stderr", STDERR_FILENO}})
    if (name == path) return loop::UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  int how = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
  struct stat found {};
  if (::stat(name.c_str(), &found) == 0 && S_ISFIFO(found.st_mode)) {
    // Both ends, so that neither the start nor a line waits for a reader.
    loop::UniqueFd both(::open(name.c_str(), O_RDWR | O_CLOEXEC));
    if (both) return both;
    how |= O_NONBLOCK;
  }
  return loop::UniqueFd(::open(name.c_str(), how, 0640));
}

bool same_file(int a, int b) {
  struct stat first {
  }, second{};
  return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

}  // namespace

LogFile::LogFile(std::string name) : name_(std::move(name)) {
  if (!open())
    throw std::runtime_error(
        fmt::format("--log-file '{}' cannot be opened: {}", name_, std::strerror(errno)));
}

bool LogFile::open() {
  auto opened = open_file(name_);
  if (!opened) return false;
  if (fd_ && !same_file(fd_.get(), opened.get())) torn_ = complained_ = false;
  fd_ = std::move(opened);
  return true;
}

// The lines are better in the old file than nowhere.
void LogFile::reopen_if_due() {
  if (asked_.exchange(false)) {
    due_ = Clock::now();
    told_ = false;
  }
  if (!due_ || Clock::now() < *due_) return;
  due_.reset();
  if (open()) return;
  const int error = errno;
  due_ = Clock::now() + kBetweenTries;
  if (std::exchange(told_, true)) return;
  tell_stderr(
      fmt::format("cruncherd: --log-file '{}' cannot be opened anew: {}; its lines go to the old file\n",
                  name_, std::strerror(error)));
}

bool LogFile::write(std::string_view line) {
  reopen_if_due();
  std::string whole;
  whole.reserve(line.size() + 2);
  if (torn_) whole += '\n';
  whole += line;
  whole += '\n';
  std::string_view left = whole;
  const int error = put(fd_.get(), left, stuck_);
  if (left.size() < whole.size()) torn_ = !left.empty() && whole[whole.size() - left.size() - 1] != '\n';
  if (error != 0) complain(error);
  return error == 0;
}

void LogFile::write_or_count(std::string_view line) {
  if (!write(line)) ++lost_;
}

void LogFile::complain(int error) {
  if (std::exchange(complained_, true)) return;
  tell_stderr(fmt::format("cruncherd: --log-file '{}': {}; lines are lost\n", name_,
                          error == ETIMEDOUT ? "its reader stands still" : std::strerror(error)));
}

}  // namespace telemetry
