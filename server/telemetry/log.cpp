#include "server/telemetry/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <thread>

#include "server/telemetry/log_file.h"
#include "server/telemetry/quoting.h"

namespace telemetry {
namespace {

constexpr std::size_t kQueue = 2048;
constexpr std::size_t kBetweenLooks = kQueue / 16;
constexpr std::chrono::milliseconds kNap{5};

}  // namespace

// Written to by the log's thread alone.
class FileSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit FileSink(const std::string& file) : file(file) {}

  LogFile file;
  spdlog::details::thread_pool* queue = nullptr;
  std::function<std::string(std::uint64_t)> describe_lost;

  // Those that could not be written, and those that the queue had no room for.
  std::uint64_t lost() const { return file.lost() + queue->overrun_counter(); }

 protected:
  // A writer that waits for its queue is woken for each line, at the loop's expense: more than the line
  // itself has cost. So it sleeps for a moment once it has caught up, and finds some more.
  void sink_it_(const spdlog::details::log_msg& message) override {
    file.write_or_count(line_of(message));
    if (queue->queue_size() > 0) return;
    say_what_is_lost();
    std::this_thread::sleep_for(kNap);
  }
  void flush_() override {}

 private:
  // The source's line number is where the text begins that is to be quoted, its name what follows (see
  // Log::write_quoted).
  static std::string line_of(const spdlog::details::log_msg& message) {
    const std::string_view payload(message.payload.data(), message.payload.size());
    if (message.source.empty()) return std::string(payload);
    const auto begin = static_cast<std::size_t>(message.source.line);
    return std::string(payload.substr(0, begin)) + quoted(payload.substr(begin)) + message.source.filename;
  }

  void say_what_is_lost() {
    const auto all = lost();
    if (all > said_ && describe_lost && file.write(describe_lost(all - said_))) said_ = all;
  }

  std::uint64_t said_ = 0;  // of the lost ones
};

Log::Log(const std::string& file, const std::string& level, std::function<void()> on_start)
    : sink_(std::make_shared<FileSink>(file)) {
  spdlog::init_thread_pool(kQueue, 1, std::move(on_start));
  sink_->queue = spdlog::thread_pool().get();
  logger_ = std::make_shared<spdlog::async_logger>("cruncherd", sink_, spdlog::thread_pool(),
                                                   spdlog::async_overflow_policy::overrun_oldest);
  logger_->set_level(spdlog::level::from_str(level));
}

Log::~Log() {
  logger_.reset();
  spdlog::shutdown();
}

void Log::write(spdlog::level::level_enum level, std::string_view line) {
  logger_->log(level, spdlog::string_view_t(line.data(), line.size()));
  look_at_queue();
}

void Log::write_quoted(spdlog::level::level_enum level, std::string_view begin, std::string_view text,
                       const char* end) {
  std::string whole(begin);
  whole += text;
  logger_->log(spdlog::source_loc{end, static_cast<int>(begin.size()), ""}, level,
               spdlog::string_view_t(whole.data(), whole.size()));
  look_at_queue();
}

void Log::look_at_queue() {
  if (++unchecked_ < kBetweenLooks) return;
  unchecked_ = 0;
  if (spdlog::thread_pool()->queue_size() > kQueue / 2) on_backlog_();
}

void Log::on_lost(std::function<std::string(std::uint64_t)> line) {
  sink_->describe_lost = std::move(line);
}

std::uint64_t Log::lost() const {
  return sink_->lost();
}

void Log::reopen() {
  sink_->file.ask_to_reopen();
}

}  // namespace telemetry
