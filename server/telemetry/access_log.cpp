#include "server/telemetry/access_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <iterator>

#include "server/telemetry/quoting.h"

namespace telemetry {
namespace {

constexpr std::size_t kMaxReply = 1024;

// RFC 3339 in UTC, with milliseconds.
void append_time(fmt::memory_buffer& line) {
  const auto now = std::chrono::system_clock::now();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  thread_local std::time_t second = 0;
  thread_local char text[24];
  if (const auto current = static_cast<std::time_t>(ms / 1000); current != second) {
    second = current;
    std::tm utc{};
    ::gmtime_r(&second, &utc);
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  }
  fmt::format_to(std::back_inserter(line), "{}.{:03}Z", text, ms % 1000);
}

// As --log-level has them.
std::string_view name_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::warn:
      return "warn";
    case spdlog::level::err:
      return "error";
    default:
      return "info";
  }
}

// One line in either form, member by member.
class Line {
 public:
  Line(AccessLog::Format format, spdlog::level::level_enum at, std::string_view event)
      : json_(format == AccessLog::Format::json) {
    if (json_) buffer_.append(std::string_view(R"({"time":")"));
    append_time(buffer_);
    const auto level = name_of(at);
    auto out = std::back_inserter(buffer_);
    if (json_)
      fmt::format_to(out, R"(","level":"{}","event":"{}")", level, event);
    else
      fmt::format_to(out, " {} {}", level, event);
  }
  // For values that hold neither blank nor quote. An empty one is left out.
  void word(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    json_ ? text(name, value) : member(name, harmless(value));
  }
  template <typename Number>
  void number(std::string_view name, Number value) {
    member(name, fmt::format_int(value).c_str());
  }
  void milliseconds(std::string_view name, double value) { member(name, fmt::format("{:.3f}", value)); }
  void text(std::string_view name, std::string_view value) { member(name, quoted(value)); }
  void sentence(std::string_view value) {
    if (json_) return text("message", value);
    buffer_.push_back(' ');
    buffer_.append(harmless(value));
  }
  // Ends the line with a text that the log's thread is to quote.
  void write_with_text(Log& log, spdlog::level::level_enum level, std::string_view name,
                       std::string_view value) {
    member(name, "");
    log.write_quoted(level, {buffer_.data(), buffer_.size()}, value, json_ ? "}" : "");
  }
  std::string_view finish() {
    if (json_) buffer_.push_back('}');
    return {buffer_.data(), buffer_.size()};
  }

 private:
  void member(std::string_view name, std::string_view shown) {
    buffer_.append(json_ ? std::string_view(",\"") : std::string_view(" "));
    buffer_.append(name);
    buffer_.append(json_ ? std::string_view("\":") : std::string_view("="));
    buffer_.append(shown);
  }

  bool json_;
  fmt::memory_buffer buffer_;
};

void append_usage(Line& line, const process::Usage& usage) {
  line.milliseconds("wait_ms", usage.wait_ms);
  line.milliseconds("run_ms", usage.run_ms);
  line.milliseconds("user_ms", usage.user_ms);
  line.milliseconds("system_ms", usage.system_ms);
  if (usage.max_rss_kib) line.number("max_rss_kib", *usage.max_rss_kib);
  line.number("pid", usage.pid);
  if (usage.job_of_process > 1) line.number("job_of_process", static_cast<long>(usage.job_of_process));
}

}  // namespace

AccessLog::AccessLog(Log& log, Format format, bool replies) : log_(log), format_(format), replies_(replies) {
  log_.on_lost([format](std::uint64_t lines) {
    Line line(format, spdlog::level::warn, "server");
    line.sentence(fmt::format("{} lines lost", lines));
    return std::string(line.finish());
  });
}

void AccessLog::on_request(const RequestRecord& record) {
  if (log_.accepts(spdlog::level::info)) {
    Line line(format_, spdlog::level::info, "request");
    line.word("id", record.request_id);
    line.word("peer", record.peer);
    line.word("client", record.client);
    line.word("method", record.method);
    line.word("path", record.path);
    line.number("status", record.status);
    line.word("reason", record.reason);
    line.number("bytes", record.bytes);
    if (record.total_ms) line.milliseconds("total_ms", *record.total_ms);
    if (record.outcome && record.outcome->usage) append_usage(line, *record.outcome->usage);
    if (replies_) line.text("reply", record.content.substr(0, kMaxReply));
    log_.write(spdlog::level::info, line.finish());
  }
  if (!record.stderr_is_told) write_stderr(record.request_id, record.outcome);
}

void AccessLog::write_stderr(std::string_view id, const process::Outcome* outcome) {
  if (!outcome || outcome->stderr_tail.empty()) return;
  Line line(format_, spdlog::level::warn, "stderr");
  line.word("id", id);
  line.write_with_text(log_, spdlog::level::warn, "text", outcome->stderr_tail);
}

void AccessLog::on_stored_job(const StoredJobRecord& record) {
  if (log_.accepts(spdlog::level::info)) {
    Line line(format_, spdlog::level::info, "job");
    line.word("id", record.id);
    line.word("client", record.client);
    line.word("task", record.task);
    line.number("attempt", record.attempt);
    line.number("status", record.status);
    line.word("reason", record.reason);
    line.milliseconds("total_ms", record.total_ms);
    if (record.outcome && record.outcome->usage) append_usage(line, *record.outcome->usage);
    log_.write(spdlog::level::info, line.finish());
  }
}

void AccessLog::on_stderr_line(std::string_view id, int level, std::string_view text) {
  const auto at = level <= 3   ? spdlog::level::err
                  : level == 4 ? spdlog::level::warn
                  : level <= 6 ? spdlog::level::info
                               : spdlog::level::debug;
  if (!log_.accepts(at)) return;
  Line line(format_, at, "stderr");
  line.word("id", id);
  line.text("text", text);
  log_.write(at, line.finish());
}

void AccessLog::on_abandoned(const process::Abandoned& job, const process::Usage& usage) {
  if (!log_.accepts(spdlog::level::info)) return;
  Line line(format_, spdlog::level::info, "abandoned");
  line.word("id", job.request_id);
  line.word("task", job.task);
  append_usage(line, usage);
  log_.write(spdlog::level::info, line.finish());
}

void AccessLog::on_bug(std::string_view request_id, std::string_view what) {
  Line line(format_, spdlog::level::err, "internal_error");
  line.word("id", request_id);
  line.text("what", what);
  log_.write(spdlog::level::err, line.finish());
}

void AccessLog::say(spdlog::level::level_enum level, std::string_view message) {
  Line line(format_, level, "server");
  line.sentence(message);
  log_.write(level, line.finish());
}

}  // namespace telemetry
