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
#include <stdexcept>
#include <thread>

#include "server/unique_fd.h"

namespace telemetry {
namespace {

constexpr std::size_t kQueue = 2048;
constexpr std::size_t kBetweenLooks = kQueue / 16;
constexpr int kPatienceMs = 1000;
constexpr std::chrono::milliseconds kNap{5};

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
  void ask_to_reopen() { reopen_ = true; }
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
    if (reopen_.exchange(false)) open();
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    for (std::size_t written = 0; written < line.size();) {
      pollfd ready{fd_.get(), POLLOUT, 0};
      stuck_ = ::poll(&ready, 1, stuck_ ? 0 : kPatienceMs) <= 0;
      if (stuck_) return;
      // At most what a pipe takes at once where poll(2) says that it takes something: so this write does not
      // block.
      const auto part = std::min<std::size_t>(line.size() - written, PIPE_BUF);
      const auto count = ::write(fd_.get(), line.data() + written, part);
      if (count < 0 && errno != EINTR) return;
      if (count > 0) written += static_cast<std::size_t>(count);
    }
  }

  bool open() {
    UniqueFd opened(file_ == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                                 : ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
    if (opened) fd_ = std::move(opened);
    return static_cast<bool>(fd_);
  }

  std::string file_;
  UniqueFd fd_;
  spdlog::details::thread_pool* queue_ = nullptr;
  std::atomic<bool> reopen_{false};
  bool stuck_ = false;  // then a line is not waited for again until one goes out
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
