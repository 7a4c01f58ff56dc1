#include "cruncher/progress.h"

#include <unistd.h>

#include <string>

#include "cruncher/output.h"
#include "ipc/message.h"

namespace cruncher {
namespace {

constexpr long kBetween = 100'000'000;  // ns
constexpr long kSecond = 1'000'000'000;

timespec now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time;
}

timespec a_while_after(timespec time) {
  time.tv_nsec += kBetween;
  if (time.tv_nsec >= kSecond) {
    time.tv_nsec -= kSecond;
    ++time.tv_sec;
  }
  return time;
}

}  // namespace

Progress::Progress() : next_(a_while_after(now())) {}

void Progress::report(double fraction) {
  const auto time = now();
  if (time.tv_sec < next_.tv_sec || (time.tv_sec == next_.tv_sec && time.tv_nsec < next_.tv_nsec)) return;
  next_ = a_while_after(time);
  show(fraction);
}

void ProgressLines::show(double fraction) {
  write_all(STDOUT_FILENO, ipc::print_progress({fraction}));
}

void ProgressBar::show(double fraction) {
  constexpr std::size_t width = 40;
  const auto filled = static_cast<std::size_t>(fraction * width);
  const auto percent = std::to_string(static_cast<int>(fraction * 100));
  write_all(STDERR_FILENO,
            "\r[" + std::string(filled, '#') + std::string(width - filled, ' ') + "] " + percent + " %");
  shown_ = true;
}

ProgressBar::~ProgressBar() {
  if (shown_) write_all(STDERR_FILENO, "\r\x1b[K");
}

}  // namespace cruncher
