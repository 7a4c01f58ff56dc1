#include "tests/harness/running_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "tests/harness/started_process.h"

namespace harness {
namespace {

void kill_all(const std::vector<ProcessInfo>& processes) {
  for (const auto& process : processes) kill(process.pid, SIGKILL);
}

// Of the first `listening on http://…` line; 0 where there is none.
std::uint16_t port_in(const std::string& log) {
  static constexpr std::string_view kMark = "listening on http://";
  const auto line = log.find(kMark);
  if (line == std::string::npos) return 0;
  // The port follows the last colon of the address, which may be [::1].
  const auto address_end = log.find_first_of(" \n\"", line + kMark.size());
  return static_cast<std::uint16_t>(std::stoul(log.substr(log.rfind(':', address_end) + 1)));
}

}  // namespace

// The server's stdout and stderr: one pipe, read by one thread, so that the server never waits for the test.
struct RunningServer::Output {
  Output() {
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
    stop_event = eventfd(0, EFD_CLOEXEC);
  }

  ~Output() {
    eventfd_write(stop_event, 1);
    if (reader.joinable()) reader.join();
    for (const int descriptor : {pipe_ends[0], pipe_ends[1], stop_event}) {
      if (descriptor >= 0) close(descriptor);
    }
  }

  void start_reading() {
    close(pipe_ends[1]);
    pipe_ends[1] = -1;
    reader = std::thread([this] { read_on(); });
  }

  void read_on() {
    for (;;) {
      pollfd ready[] = {{pipe_ends[0], POLLIN, 0}, {stop_event, POLLIN, 0}};
      poll(ready, 2, -1);
      if (ready[1].revents) return;
      char chunk[65536];
      const ssize_t got = read(pipe_ends[0], chunk, sizeof chunk);
      const std::lock_guard lock(mutex);
      if (got > 0) text.append(chunk, got);
      if (got <= 0) ended = true;
      changed.notify_all();
      if (ended) return;
    }
  }

  bool wait_for(std::string_view wanted, milliseconds within) {
    std::unique_lock lock(mutex);
    const auto found = [&] { return text.find(wanted) != std::string::npos; };
    changed.wait_for(lock, within, [&] { return ended || found(); });
    return found();
  }

  int pipe_ends[2];
  int stop_event = -1;
  std::mutex mutex;
  std::condition_variable changed;
  std::string text;
  bool ended = false;
  std::atomic<std::uint16_t> port = 0;  // 0: not known yet; a log may be too long to be searched each time
  std::thread reader;
};

RunningServer::RunningServer(std::vector<std::string> flags) : RunningServer(std::move(flags), Launch{}) {}

RunningServer::RunningServer(std::vector<std::string> flags, Launch launch)
    : output_(std::make_unique<Output>()) {
  ProgramLaunch program;
  program.arguments = {launch.program.empty() ? cruncherd_path() : launch.program};
  if (!launch.run_by.empty()) program.arguments.insert(program.arguments.begin(), launch.run_by);
  if (std::find(flags.begin(), flags.end(), "--port") == flags.end()) {
    program.arguments.insert(program.arguments.end(), {"--port", "0"});
  }
  program.arguments.insert(program.arguments.end(), {"--allowed-host", "a"});  // as raw requests call it
  program.arguments.insert(program.arguments.end(), flags.begin(), flags.end());
  program.output = program.errors = output_->pipe_ends[1];
  program.environment = std::move(launch.environment);
  program.open_files = launch.open_files;
  program.processes = launch.processes;
  program.real_time_priority = launch.real_time_priority;
  program.user = launch.user;
  if (launch.user) program.environment.emplace_back("CRUNCHERD_USER", "");
  process_ = std::make_unique<StartedProcess>(program);
  output_->start_reading();
  if (!logs("listening on ", launch.ready_within)) {
    throw std::runtime_error("cruncherd is not ready; it printed: " + log());
  }
}

RunningServer::~RunningServer() {
  auto family = descendants_of(pid());
  process_->signal(SIGKILL);
  process_->wait_for_end(std::chrono::seconds(10));
  kill_all(family);
  eventually(std::chrono::seconds(10), [] {
    const auto left = orphans();
    kill_all(left);
    return left.empty();
  });
}

pid_t RunningServer::pid() const {
  return process_->pid();
}

std::uint16_t RunningServer::port() const {
  if (output_->port == 0) output_->port = port_in(log());
  return output_->port;
}

std::string RunningServer::log() const {
  const std::lock_guard lock(output_->mutex);
  return output_->text;
}

bool RunningServer::logs(std::string_view text, milliseconds within) const {
  return output_->wait_for(text, within);
}

void RunningServer::signal(int number) const {
  process_->signal(number);
}

std::optional<int> RunningServer::wait_for_end(milliseconds within) {
  return process_->wait_for_end(within);
}

int RunningServer::stop(milliseconds within) {
  signal(SIGTERM);
  const auto status = wait_for_end(within);
  if (!status) throw std::runtime_error("cruncherd does not end on SIGTERM; it printed: " + log());
  return exit_code_of(*status);
}

std::vector<pid_t> RunningServer::processes_left() const {
  auto family = orphans();
  const auto descendants = descendants_of(pid());
  family.insert(family.end(), descendants.begin(), descendants.end());
  std::vector<pid_t> left;
  for (const auto& process : family) {
    const bool serves = process.is_launcher() && process.parent == pid();
    if (!process.is_zombie() && !serves) left.push_back(process.pid);
  }
  return left;
}

std::string cruncherd_path() {
  return CRUNCHERD_PATH;
}

}  // namespace harness
