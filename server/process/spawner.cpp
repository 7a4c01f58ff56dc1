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
    auto& desk = desks_.emplace_back(loop);
    desk.parent_id = asio::post(desk.parent, asio::use_future([] { return ::gettid(); })).get();
    int error = 0;
    try {
      auto launcher = asio::post(desk.parent, asio::use_future([this] { return start_launcher(program_); }));
      if (own(desk, launcher.get())) continue;
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
  for (auto& desk : desks_) ended.push_back(close(desk));
  // At idle priority on a busy machine one may take its time to die; the kernel does the rest.
  const auto until = Clock::now() + kLastWait;
  for (const auto pid : ended) {
    while (pid > 0 && ::waitpid(pid, nullptr, WNOHANG) == 0 && Clock::now() < until)
      std::this_thread::sleep_for(Milliseconds(1));
  }
}

// False with errno.
bool Spawner::own(Desk& desk, Launcher launcher) {
  desk.launcher = std::move(launcher);
  boost::system::error_code error;
  desk.readable.assign(desk.launcher.socket.get(), error);
  if (!error) return true;
  hearers_.on_stray(close(desk));
  errno = error.value();
  return false;
}

// By its own thread, whose child it is to be: to fork copies the page tables of a big server.
void Spawner::open_anew(Desk& desk) {
  desk.opening = true;
  desk.words.clear();
  asio::post(desk.parent, [this, &desk, work = asio::make_work_guard(loop_),
                           alive = std::weak_ptr<bool>(alive_)]() mutable {
    Launcher launcher;
    int failed = 0;
    try {
      launcher = start_launcher(program_);
    } catch (const std::system_error& error) {
      failed = error.code().value();
    }
    asio::post(loop_, [this, &desk, work = std::move(work), alive = std::move(alive),
                       launcher = std::move(launcher), failed]() mutable {
      if (const auto spawner = alive.lock(); spawner && *spawner) opened(desk, std::move(launcher), failed);
    });
  });
}

// With no launcher left, and none to come, nobody waits in vain.
void Spawner::opened(Desk& desk, Launcher launcher, int error) {
  desk.opening = false;
  if (error == 0 && !own(desk, std::move(launcher))) error = errno;
  if (error == 0) return place_orders();
  const bool hope = std::any_of(desks_.begin(), desks_.end(),
                                [](const Desk& d) { return d.opening || d.launcher.pid > 0; });
  if (hope) return;
  for (auto& start : std::exchange(waiting_, {})) fail(std::move(start), error);
}

// The pid of the launcher, which has ended or is about to, for its reaping; or -1.
pid_t Spawner::close(Desk& desk) {
  if (desk.launcher.pid < 0) return -1;
  desk.readable.release();
  desk.listening = false;
  desk.patience.cancel();
  sched_param none{};
  ::sched_setscheduler(desk.launcher.pid, SCHED_OTHER, &none);  // to die soon; allowed to root alone
  ::kill(desk.launcher.pid, SIGKILL);
  return std::exchange(desk.launcher, {}).pid;
}

void Spawner::spawn(std::optional<Order> order, std::function<void(Launched)> done) {
  waiting_.push_back({std::move(order), std::move(done)});
  place_orders();
}

// In turn, so that each launcher's death is noticed.
void Spawner::place_orders() {
  for (std::size_t full = 0; !waiting_.empty() && full < desks_.size();) {
    auto& desk = desks_[next_desk_++ % desks_.size()];
    if (desk.ordered.size() >= kOrdered) {
      ++full;
      continue;
    }
    if (desk.launcher.pid < 0) {
      if (!desk.opening) open_anew(desk);
      ++full;
      continue;
    }
    full = 0;
    desk.ordered.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    const auto& order = desk.ordered.back().order;
    if (!order_start(desk.launcher, order ? &*order : nullptr))
      lose(desk, errno);
    else
      listen(desk);
  }
}

// Only while an answer is due, so that a loop with nothing else to do can end.
void Spawner::listen(Desk& desk) {
  if (std::exchange(desk.listening, true)) return;
  desk.readable.async_wait(asio::posix::descriptor_base::wait_read,
                           [this, &desk](const boost::system::error_code& error) {
                             if (error == asio::error::operation_aborted) return;  // closed
                             desk.listening = false;
                             collect(desk);
                           });
  // A launcher that is stopped, or whose program's file system hangs, is as good as dead.
  desk.patience.expires_after(kPatience);
  desk.patience.async_wait([this, &desk](const boost::system::error_code& error) {
    if (error || !desk.listening || desk.patience.expiry() > Clock::now()) return;
    lose(desk, ETIMEDOUT);
    place_orders();
  });
}

void Spawner::collect(Desk& desk) {
  desk.patience.cancel();
  while (desk.launcher.pid > 0 && !desk.ordered.empty()) {
    auto launched = started(desk.launcher, desk.ordered.front().order.has_value());
    if (!launched && errno == EAGAIN) {
      listen(desk);
      break;
    }
    if (!launched) {
      lose(desk, errno);
      break;
    }
    if (is_known(launched->pid)) {  // a fork server that lies
      lose(desk, EPROTO);
      break;
    }
    auto start = std::move(desk.ordered.front());
    desk.ordered.pop_front();
    hear(desk);
    hand_over(std::move(start), std::move(*launched));
  }
  if (desk.outdated && desk.ordered.empty()) retire(desk);
  place_orders();
}

bool Spawner::is_known(pid_t pid) const {
  return pid > 0 && (living_.count(pid) || std::any_of(desks_.begin(), desks_.end(), [pid](const Desk& desk) {
                       return desk.launcher.pid == pid;
                     }));
}

void Spawner::hand_over(Start start, Launched launched) {
  if (launched)
    living_.insert(launched.pid);
  else if (launched.pid > 0)
    hearers_.on_stray(launched.pid);
  start.done(std::move(launched));
}

// As much as a pipe holds.
void Spawner::hear(Desk& desk) {
  std::array<char, 4096> bytes;
  for (int turn = 0; turn < 16 && desk.launcher.err; ++turn) {
    const auto count = ::read(desk.launcher.err.get(), bytes.data(), bytes.size());
    if (count <= 0) return;
    const std::string_view words(bytes.data(), static_cast<std::size_t>(count));
    if (hearers_.on_words) hearers_.on_words(words);
    desk.words.append(words);
    if (desk.words.size() > kWordsKept) desk.words.erase(0, desk.words.size() - kWordsKept);
  }
}

void Spawner::renew() {
  if (program_.start != process::Start::fork) return;
  for (auto& desk : desks_) {
    desk.outdated = true;
    if (desk.ordered.empty()) retire(desk);
  }
}

// What it has started lives on. The next order opens the desk anew.
void Spawner::retire(Desk& desk) {
  hear(desk);
  desk.outdated = false;
  if (const auto pid = close(desk); pid > 0) hearers_.on_stray(pid);
}

// The launcher was killed. What it has started last may not have been told to anybody.
void Spawner::lose(Desk& desk, int error) {
  hear(desk);
  desk.outdated = false;
  if (const auto pid = close(desk); pid > 0) hearers_.on_stray(pid);
  for (const auto pid : ChildrenOfThread(desk.parent_id)()) {
    if (!living_.count(pid)) hearers_.on_stray(pid);
  }
  auto lost = std::exchange(desk.ordered, {});
  while (!lost.empty()) {
    auto start = std::move(lost.back());
    lost.pop_back();
    if (start.losses++ == desks_.size()) {
      fail(std::move(start), error, desk.words);
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
