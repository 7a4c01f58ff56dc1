#include "tests/harness/started_process.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <set>
#include <system_error>

namespace harness {
namespace {

// One lock for starting and for looking at the children, so that a child is never seen before it is known as
// ours.
std::mutex table_mutex;
std::set<pid_t> started;

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& additions) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry; ++entry) {
    const std::string text = *entry;
    const auto is_replaced = [&](const auto& addition) { return text.starts_with(addition.first + "="); };
    if (std::none_of(additions.begin(), additions.end(), is_replaced)) all.push_back(text);
  }
  for (const auto& [name, value] : additions) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

void limit_to(__rlimit_resource resource, std::optional<std::uint64_t> value) {
  if (!value) return;
  const rlimit limit{*value, *value};
  if (setrlimit(resource, &limit) != 0) _exit(126);
}

void become_user(uid_t user) {
  if (setgroups(0, nullptr) != 0 || setgid(user) != 0 || setuid(user) != 0) _exit(126);
}

// Runs between fork and exec in a test with threads: async-signal-safe calls only.
[[noreturn]] void become(const ProgramLaunch& launch, char* const* arguments, char* const* environment,
                         pid_t parent) {
  const int wanted[3] = {launch.input, launch.output, launch.errors};
  for (int target = 0; target < 3; ++target) {
    if (wanted[target] >= 0 && dup2(wanted[target], target) < 0) _exit(126);
  }
  limit_to(RLIMIT_NOFILE, launch.open_files);
  limit_to(RLIMIT_NPROC, launch.processes);
  limit_to(RLIMIT_RTPRIO, launch.real_time_priority);
  if (launch.user) become_user(*launch.user);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // after the change of user, which would clear it
  if (getppid() != parent) _exit(126);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(arguments[0], arguments, environment);
  _exit(127);
}

}  // namespace

StartedProcess::StartedProcess(const ProgramLaunch& launch) {
  const auto environment = environment_with(launch.environment);
  const auto argument_pointers = pointers_to(launch.arguments);
  const auto environment_pointers = pointers_to(environment);
  prctl(PR_SET_CHILD_SUBREAPER, 1);

  const std::lock_guard lock(table_mutex);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) become(launch, argument_pointers.data(), environment_pointers.data(), parent);
  started.insert(pid_);
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
}

StartedProcess::~StartedProcess() {
  signal(SIGKILL);
  if (!status_) {
    int status;
    waitpid(pid_, &status, 0);
    const std::lock_guard lock(table_mutex);
    started.erase(pid_);
  }
  close(pidfd_);
}

void StartedProcess::signal(int number) const {
  if (!status_) kill(pid_, number);
}

std::optional<int> StartedProcess::wait_for_end(milliseconds within) {
  if (status_) return status_;
  pollfd end{pidfd_, POLLIN, 0};
  if (poll(&end, 1, static_cast<int>(within.count())) != 1) return std::nullopt;
  const std::lock_guard lock(table_mutex);
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) throw std::system_error(errno, std::generic_category(), "waitpid");
  started.erase(pid_);
  status_ = status;
  return status_;
}

std::vector<ProcessInfo> orphans() {
  const std::lock_guard lock(table_mutex);
  std::vector<ProcessInfo> alive;
  for (const auto& child : children_of(getpid())) {
    if (started.count(child.pid)) continue;
    int status;
    if (waitpid(child.pid, &status, WNOHANG) != child.pid) alive.push_back(child);
  }
  return alive;
}

int exit_code_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

}  // namespace harness
