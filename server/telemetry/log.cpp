#include "server/telemetry/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "server/loop/unique_fd.h"

namespace telemetry {
namespace {

constexpr std::size_t kQueue = 2048;
constexpr std::size_t kBetweenLooks = kQueue / 16;
constexpr int kPatienceMs = 1000;
constexpr std::chrono::milliseconds kNap{5};
constexpr std::chrono::seconds kBetweenTries{1};

using Clock = std::chrono::steady_clock;

}  // namespace

// Written to by the log's thread alone. A reader that does not take a line within the patience loses it, and
// those behind it.
class FdSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit FdSink(std::string file) : file_(std::move(file)) {
    if (!open())
      throw std::runtime_error(
          fmt::format("--log-file '{}' cannot be opened: {}", file_, std::strerror(errno)));
  }
  void ask_to_reopen() { asked_ = true; }
  void comes_from(spdlog::details::thread_pool& queue) { queue_ = &queue; }

 protected:
  // A writer that waits for its queue is woken for each line, at the loop's expense: more than the line
  // itself has cost. So it sleeps for a moment once it has caught up, and finds some more.
  void sink_it_(const spdlog::details::log_msg& message) override {
    write(message);
    if (queue_->queue_size() == 0) std::this_thread::sleep_for(kNap);
  }
  void flush_() override {}

 private:
  void write(const spdlog::details::log_msg& message) {
    if (asked_.exchange(false)) {
      due_ = Clock::now();
      told_ = false;
    }
    if (due_ && Clock::now() >= *due_) reopen();
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    put(fd_.get(), {line.data(), line.size()}, stuck_);
  }

  // The lines are better in the old file than nowhere.
  void reopen() {
    due_.reset();
    if (open()) return;
    const int error = errno;
    due_ = Clock::now() + kBetweenTries;
    if (std::exchange(told_, true)) return;
    bool stuck = false;
    put(STDERR_FILENO,
        fmt::format("cruncherd: --log-file '{}' cannot be opened anew: {}; its lines go to the old file\n",
                    file_, std::strerror(error)),
        stuck);
  }

  // A reader that is `stuck` is not waited for again until something goes out.
  static void put(int fd, std::string_view line, bool& stuck) {
    while (!line.empty()) {
      pollfd ready{fd, POLLOUT, 0};
      stuck = ::poll(&ready, 1, stuck ? 0 : kPatienceMs) <= 0;
      if (stuck) return;
      // At most what a pipe takes at once where poll(2) says that it takes something: so this write does not
      // block.
      const auto count = ::write(fd, line.data(), std::min<std::size_t>(line.size(), PIPE_BUF));
      if (count < 0 && errno != EINTR) return;
      if (count > 0) line.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  bool open() {
    loop::UniqueFd opened(file_ == "-"
                              ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                              : ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
    if (!opened) return false;
    fd_ = std::move(opened);
    return true;
  }

  std::string file_;
  loop::UniqueFd fd_;
  spdlog::details::thread_pool* queue_ = nullptr;
  std::atomic<bool> asked_{false};
  std::optional<Clock::time_point> due_;  // of the next try to open the file anew
  bool told_ = false;                     // that one has failed since it was asked for
  bool stuck_ = false;
};

Log::Log(const std::string& file, const std::string& level, std::function<void()> on_start)
    : sink_(std::make_shared<FdSink>(file)) {
  spdlog::init_thread_pool(kQueue, 1, std::move(on_start));
  sink_->comes_from(*spdlog::thread_pool());
  logger_ = std::make_shared<spdlog::async_logger>("cruncherd", sink_, spdlog::thread_pool(),
                                                   spdlog::async_overflow_policy::overrun_oldest);
  logger_->set_level(spdlog::level::from_str(level));
  logger_->set_pattern("%v");
}

Log::~Log() {
  logger_.reset();
  spdlog::shutdown();
}

void Log::write(spdlog::level::level_enum level, std::string_view line) {
  logger_->log(level, spdlog::string_view_t(line.data(), line.size()));
  if (++unchecked_ < kBetweenLooks) return;
  unchecked_ = 0;
  if (spdlog::thread_pool()->queue_size() > kQueue / 2) on_backlog_();
}

void Log::reopen() {
  sink_->ask_to_reopen();
}

}  // namespace telemetry
