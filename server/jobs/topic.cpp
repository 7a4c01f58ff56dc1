#include "server/jobs/topic.h"

#include <algorithm>

namespace jobs {
namespace {

constexpr std::size_t kKept = 16 * 1024, kLinesKept = 200;  // each is an event

}  // namespace

// Who is told has to come back: as long as it does not, further changes cost nothing.
void Topic::tell() {
  event_ = std::max(event_ + 1, static_cast<std::uint64_t>(now()));
  while (!waiting_.empty()) {
    auto& watcher = waiting_.front();
    waiting_.pop_front();
    watcher.told.wake();
  }
}

void Topic::set(State state) {
  if (state_ == state) return;
  state_ = state;
  if (state == State::queued) progress_ = -1;
  tell();
  state_event_ = event_;
}

void Topic::close() {
  closed_ = true;
  tell();
}

void Topic::on_progress(double progress) {
  if (progress_ == progress) return;
  progress_ = progress;
  tell();
  progress_event_ = event_;
}

void Topic::on_stderr(std::string_view bytes) {
  splitter_.add(bytes, [this](process::LogLine line) { add(std::move(line)); });
}

void Topic::end_of_stderr() {
  splitter_.flush([this](process::LogLine line) { add(std::move(line)); });
}

void Topic::add(process::LogLine line) {
  if (heard_++ < kLoggedLines && on_line) on_line(line);
  tell();
  bytes_ += line.text.size();
  lines_.push_back({event_, std::move(line.text)});
  while (bytes_ > kKept || lines_.size() > kLinesKept) {
    bytes_ -= lines_.front().text.size();
    lines_.pop_front();
  }
}

awaitable<> Topic::changed(std::uint64_t seen, Deadline until) {
  if (event_ != seen) co_return;
  Watcher watcher(loop_);
  waiting_.push_back(watcher);
  co_await watcher.told.wait(until);
}

}  // namespace jobs
