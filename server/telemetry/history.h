#pragma once
// The last fifteen minutes, a point for each five seconds, in constant memory. Knows no timer, no request and
// no job: status.h tells it of all of these.

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "ipc/json.h"
#include "server/telemetry/log_histogram.h"

namespace telemetry {

class History {
 public:
  static constexpr int kStepSeconds = 5;
  static constexpr std::size_t kPoints = 15 * 60 / kStepSeconds;

  /// What is so at the end of a step.
  struct Levels {
    std::size_t running = 0;
    std::size_t waiting = 0;
    std::size_t stored_queued = 0;
  };

  /// A light request was answered.
  void add_light(double ms) { light_.add(ms); }
  /// A job is over; `run_ms` is absent where it got no process.
  void add_job(std::optional<double> run_ms, bool failed);
  /// Makes a point of all that was added since the last one.
  void end_step(double at_s, const Levels& levels);

  /// An object with an array for each figure, the oldest point first.
  ipc::Json json() const;

  struct Point {
    double at_s = 0;
    Levels levels;
    std::uint64_t jobs = 0;
    std::uint64_t failed = 0;
    std::uint64_t light = 0;
    std::optional<double> run_p50, run_p99, light_p50, light_p99;
  };

 private:
  std::array<Point, kPoints> ring_;
  std::uint64_t ended_ = 0;  // steps
  std::uint64_t jobs_ = 0;   // in this step
  std::uint64_t failed_ = 0;
  LogHistogram runs_,
      light_;  // no part of a Recent: of all tasks, and of steps that a busy loop makes longer
};

/// The JSON Schema of History::json().
ipc::Json history_schema();

}  // namespace telemetry
