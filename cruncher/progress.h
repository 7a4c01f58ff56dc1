#pragma once
// How far a running task is, told to whoever watches: the server by a line of the protocol, a person by a
// bar. Knows no task. Tasks call report(); service.cpp and command_line.cpp choose the kind.

#include <ctime>

namespace cruncher {

class Progress {
 public:
  virtual ~Progress() = default;

  /// `fraction` from 0 to 1. Costs a look at the clock; shows something ten times a second at most, and
  /// nothing for a task that is done sooner.
  void report(double fraction);

 protected:
  Progress();

 private:
  virtual void show(double fraction) = 0;

  timespec next_;
};

/// Nobody watches.
class NoProgress final : public Progress {
  void show(double) override {}
};

/// Progress notifications on stdout.
class ProgressLines final : public Progress {
  void show(double fraction) override;
};

/// A bar on stderr, which is a terminal; wiped away at the end.
class ProgressBar final : public Progress {
 public:
  ~ProgressBar() override;

 private:
  void show(double fraction) override;

  bool shown_ = false;
};

}  // namespace cruncher
