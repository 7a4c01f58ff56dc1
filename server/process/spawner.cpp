#include "server/process/spawner.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "server/process/proc_file.h"

namespace process {
namespace {

constexpr std::size_t kOrdered = 2;  // at one launcher: it need not wait for the next one
constexpr Milliseconds kPatience{10000};
constexpr Milliseconds kLastWait{1000};
constexpr std::size_t kWordsKept = 2048;  // of a fork server, to explain its end

}  // namespace

Spawner::Spawner(Loop& loop, Program program, int launchers, Hearers hearers)
    : loop_(loop), program_(std::move(program)), hearers_(std::move(hearers)) {
  for (int i = 0; i < launchers; ++i) {
    auto& starter = starters_.emplace_back(loop);
    starter.parent_id = asio::post(starter.parent, asio::use_future([] { return ::gettid(); })).get();
    int error = 0;
    try {
      auto launcher =
          asio::post(starter.parent, asio::use_future([this] { return start_launcher(program_); }));
      if (own(starter, launcher.get())) continue;
      error = errno;
    } catch (const std::system_error& failed) {
      error = failed.code().value();
    }
    stop();
    throw std::system_error(error, std::generic_category(), "cannot start the launcher");
  }
}

void Spawner::stop() {
  *alive_ = false;
  std::vector<pid_t> ended;
  for (auto& starter : starters_) ended.push_back(close(starter));
  // At idle priority on a busy machine one may take its time to die; the kernel does the rest.
  const auto until = Clock::now() + kLastWait;
  for (const auto pid : ended) {
    while (pid > 0 && ::waitpid(pid, nullptr, WNOHANG) == 0 && Clock::now() < until)
      std::this_thread::sleep_for(Milliseconds(1));
  }
}

// False with errno.
bool Spawner::own(Starter& starter, Launcher launcher) {
  starter.launcher = std::move(launcher);
  boost::system::error_code error;
  starter.readable.assign(starter.launcher.socket.get(), error);
  if (!error) return true;
  hearers_.on_stray(close(starter));
  errno = error.value();
  return false;
}

// By its own thread, whose child it is to be: to fork copies the page tables of a big server.
void Spawner::open_anew(Starter& starter) {
  starter.opening = true;
  starter.words.clear();
  asio::post(starter.parent, [this, &starter, work = asio::make_work_guard(loop_),
                              alive = std::weak_ptr<bool>(alive_)]() mutable {
    Launcher launcher;
    int failed = 0;
    try {
      launcher = start_launcher(program_);
    } catch (const std::system_error& error) {
      failed = error.code().value();
    }
    asio::post(loop_, [this, &starter, work = std::move(work), alive = std::move(alive),
                       launcher = std::move(launcher), failed]() mutable {
      if (const auto spawner = alive.lock(); spawner && *spawner)
        opened(starter, std::move(launcher), failed);
    });
  });
}

// With no launcher left, and none to come, nobody waits in vain.
void Spawner::opened(Starter& starter, Launcher launcher, int error) {
  starter.opening = false;
  if (error == 0 && !own(starter, std::move(launcher))) error = errno;
  if (error == 0 && starter.outdated) retire(starter);
  if (error == 0) return place_orders();
  const bool hope = std::any_of(starters_.begin(), starters_.end(),
                                [](const Starter& d) { return d.opening || d.launcher.pid > 0; });
  if (hope) return;
  for (auto& start : std::exchange(waiting_, {})) fail(std::move(start), error);
}

// The pid of the launcher, which has ended or is about to, for its reaping; or -1.
pid_t Spawner::close(Starter& starter) {
  if (starter.launcher.pid < 0) return -1;
  starter.readable.release();
  starter.listening = false;
  starter.patience.cancel();
  sched_param none{};
  ::sched_setscheduler(starter.launcher.pid, SCHED_OTHER, &none);  // to die soon; allowed to root alone
  ::kill(starter.launcher.pid, SIGKILL);
  return std::exchange(starter.launcher, {}).pid;
}

void Spawner::spawn(std::optional<Order> order, std::function<void(Launched)> done) {
  waiting_.push_back({std::move(order), std::move(done)});
  place_orders();
}

// In turn, so that each launcher's death is noticed.
void Spawner::place_orders() {
  for (std::size_t full = 0; !waiting_.empty() && full < starters_.size();) {
    auto& starter = starters_[next_starter_++ % starters_.size()];
    if (starter.ordered.size() >= kOrdered || starter.outdated) {  // it ends when it has answered
      ++full;
      continue;
    }
    if (starter.launcher.pid < 0) {
      if (!starter.opening) open_anew(starter);
      ++full;
      continue;
    }
    full = 0;
    starter.ordered.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    const auto& order = starter.ordered.back().order;
    if (!order_start(starter.launcher, order ? &*order : nullptr))
      lose(starter, errno);
    else
      listen(starter);
  }
}

// Only while an answer is due, so that a loop with nothing else to do can end.
void Spawner::listen(Starter& starter) {
  if (std::exchange(starter.listening, true)) return;
  starter.readable.async_wait(asio::posix::descriptor_base::wait_read,
                              [this, &starter](const boost::system::error_code& error) {
                                if (error == asio::error::operation_aborted) return;  // closed
                                starter.listening = false;
                                collect(starter);
                              });
  // A launcher that is stopped, or whose program's file system hangs, is as good as dead.
  starter.patience.expires_after(kPatience);
  starter.patience.async_wait([this, &starter](const boost::system::error_code& error) {
    if (error || !starter.listening || starter.patience.expiry() > Clock::now()) return;
    lose(starter, ETIMEDOUT);
    place_orders();
  });
}

void Spawner::collect(Starter& starter) {
  starter.patience.cancel();
  while (starter.launcher.pid > 0 && !starter.ordered.empty()) {
    auto launched = started(starter.launcher, starter.ordered.front().order.has_value());
    if (!launched && errno == EAGAIN) {
      listen(starter);
      break;
    }
    if (!launched) {
      lose(starter, errno);
      break;
    }
    if (is_known(launched->pid)) {  // a fork server that lies
      lose(starter, EPROTO);
      break;
    }
    auto start = std::move(starter.ordered.front());
    starter.ordered.pop_front();
    hear(starter);
    hand_over(std::move(start), std::move(*launched));
  }
  if (starter.outdated && starter.ordered.empty()) retire(starter);
  place_orders();
}

bool Spawner::is_known(pid_t pid) const {
  return pid > 0 && (living_.count(pid) ||
                     std::any_of(starters_.begin(), starters_.end(),
                                 [pid](const Starter& starter) { return starter.launcher.pid == pid; }));
}

void Spawner::hand_over(Start start, Launched launched) {
  if (launched)
    living_.insert(launched.pid);
  else if (launched.pid > 0)
    hearers_.on_stray(launched.pid);
  start.done(std::move(launched));
}

// As much as a pipe holds.
void Spawner::hear(Starter& starter) {
  std::array<char, 4096> bytes;
  for (int turn = 0; turn < 16 && starter.launcher.err; ++turn) {
    const auto count = ::read(starter.launcher.err.get(), bytes.data(), bytes.size());
    if (count <= 0) return;
    const std::string_view words(bytes.data(), static_cast<std::size_t>(count));
    if (hearers_.on_words) hearers_.on_words(words);
    starter.words.append(words);
    if (starter.words.size() > kWordsKept) starter.words.erase(0, starter.words.size() - kWordsKept);
  }
}

void Spawner::renew() {
  if (program_.start != process::Start::fork && program_.confined.empty()) return;
  for (auto& starter : starters_) {
    starter.outdated = true;
    if (starter.ordered.empty() && !starter.opening) retire(starter);
  }
}

// What it has started lives on. The next order opens the starter anew.
void Spawner::retire(Starter& starter) {
  hear(starter);
  starter.outdated = false;
  if (const auto pid = close(starter); pid > 0) hearers_.on_stray(pid);
}

// The launcher was killed. What it has started last may not have been told to anybody.
void Spawner::lose(Starter& starter, int error) {
  hear(starter);
  starter.outdated = false;
  if (const auto pid = close(starter); pid > 0) hearers_.on_stray(pid);
  for (const auto pid : ChildrenOfThread(starter.parent_id)()) {
    if (!living_.count(pid)) hearers_.on_stray(pid);
  }
  auto lost = std::exchange(starter.ordered, {});
  while (!lost.empty()) {
    auto start = std::move(lost.back());
    lost.pop_back();
    if (start.losses++ == starters_.size()) {
      fail(std::move(start), error, starter.words);
    } else {
      waiting_.push_front(std::move(start));
    }
  }
}

void Spawner::fail(Start start, int error, std::string words) {
  asio::post(loop_, [done = std::move(start.done), error, words = std::move(words)] {
    Launched none;
    none.words = words;
    none.error = error;
    none.step = "launcher";
    done(std::move(none));
  });
}

}  // namespace process
