#pragma once
// The server's side of the launchers: orders a start, gets a process. Keeps the launchers alive, and the
// thread whose children all crunchers are: a process's death signal is tied to the thread that is its parent.
// Used by crew.h.

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "server/loop/loop.h"
#include "server/process/launcher.h"

namespace process {

class Spawner {
 public:
  struct Hearers {
    /// Processes that were started, but never handed over, to be ended and reaped.
    std::function<void(pid_t)> on_stray;
    /// What a fork server has written to stderr, heard when it answers and when it has ended.
    std::function<void(std::string_view)> on_words;
  };
  /// Starts its launchers; throws std::system_error where it cannot.
  Spawner(Loop& loop, Program program, int launchers, Hearers hearers);
  ~Spawner() { stop(); }

  /// Ends the launchers, and waits a moment until they are gone. To be called last.
  void stop();

  const Program& program() const { return program_; }

  /// Starts one process; `done` is called later, on the loop. Nothing is left of one that failed to start.
  void spawn(std::function<void(Launched)> done) { spawn(std::nullopt, std::move(done)); }
  /// The same of an order.
  void spawn(std::optional<Order> order, std::function<void(Launched)> done);

  /// The program, or the files that commands may reach, may be others by now: a fork server, or a launcher
  /// that has the old ones open, is ended when it has answered.
  void renew();

  /// To be told of each started process, once it is reaped.
  void forget(pid_t pid) { living_.erase(pid); }

 private:
  struct Start {
    std::optional<Order> order;
    std::function<void(Launched)> done;
    std::size_t losses = 0;  // launchers that died with it: each of those that were there is forgiven
  };

  // A launcher, the thread that its crunchers are children of, and what it was ordered.
  struct Starter {
    explicit Starter(Loop& loop) : readable(loop.get_executor()), patience(loop.get_executor()) {}
    asio::thread_pool parent{1};
    pid_t parent_id = 0;
    Launcher launcher;
    asio::posix::basic_stream_descriptor<LoopExecutor> readable;
    std::deque<Start> ordered;  // answered in this order
    bool opening = false;       // its thread forks a launcher
    bool outdated = false;      // its fork server, or what commands may reach, is of before a renewal
    std::string words;          // the last that a fork server has said
    bool listening = false;
    Timer patience;
  };

  bool own(Starter& starter, Launcher launcher);
  void open_anew(Starter& starter);
  void opened(Starter& starter, Launcher launcher, int error);
  pid_t close(Starter& starter);
  void place_orders();
  void listen(Starter& starter);
  void collect(Starter& starter);
  bool is_known(pid_t pid) const;  // as a process handed over, or a launcher
  void hand_over(Start start, Launched launched);
  void hear(Starter& starter);
  void retire(Starter& starter);
  void lose(Starter& starter, int error);
  void fail(Start start, int error, std::string words = {});

  Loop& loop_;
  const Program program_;
  std::deque<Starter> starters_;
  std::size_t next_starter_ = 0;
  std::deque<Start> waiting_;
  std::unordered_set<pid_t> living_;
  const Hearers hearers_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what the threads post
};

}  // namespace process
