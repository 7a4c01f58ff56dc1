#include "server/offload/crew.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "server/process/quote.h"

namespace offload {
namespace {

constexpr double kJitter = 0.1;  // of --jobs-per-process: lest all processes end at once

// There is no process.
std::string why(const process::Launched& failed) {
  auto sentence = fmt::format("{}: {}", failed.step, std::strerror(failed.error));
  if (const auto said = process::last_lines(failed.words); !said.empty()) sentence += "; its stderr: " + said;
  return sentence;
}

}  // namespace

SpawnCounts& SpawnCounts::operator+=(const SpawnCounts& other) {
  started += other.started;
  failed += other.failed;
  spares_died += other.spares_died;
  reused += other.reused;
  for (std::size_t why = 0; why < recycled.size(); ++why) recycled[why] += other.recycled[why];
  return *this;
}

Crew::Waiter::Waiter(Crew& crew, const Wanted& wanted)
    : crew(crew), wanted(wanted), served_or_late(crew.loop_) {
  crew.waiters_.push_back(*this);
}

Crew::Waiter::~Waiter() {
  if (!served) crew.waiters_.erase(crew.waiters_.iterator_to(*this));
  if (process) crew.give_back(std::move(process));  // cancelled between the hand-over and its turn
}

Crew::Crew(Loop& loop, process::Orphans& orphans, process::Program program, Observers observers,
           int launchers, std::function<SpareOrder()> order_spare)
    : loop_(loop),
      orphans_(orphans),
      observers_(std::move(observers)),
      order_spare_(std::move(order_spare)),
      spawner_(loop, std::move(program), launchers,
               {[this](pid_t pid) { orphans_.end_stray(pid); }, observers_.on_words}),
      target_(spawner_.program().spares),
      rest_(loop, [this] { refill(); }),
      staying_{process::Fitness(orphans), Timer(loop.get_executor())} {}

Crew::~Crew() {
  for (auto& process : ready_.remove_all()) process->end_now();
}

awaitable<Crew::Lent> Crew::lend(Deadline deadline, const Wanted& wanted) {
  constexpr auto kLate = "the deadline passed before a process was started";
  if (Clock::now() >= deadline) co_return process::Failure{process::Reason::deadline_exceeded, kLate, {}, {}};
  while (auto process = ready_.pick(wanted)) {
    const bool used = process->history().jobs > 0;
    if (!used && process->ended()) {
      lose_spare(std::move(process));
      continue;
    }
    if (const auto fault = used ? process::Fitness::fault_since(*process) : std::nullopt) {
      recycle(std::move(process), *fault);
      continue;
    }
    rest_.recovered();
    counts_.reused += used;
    // If spares are left, the next one is started when this job's process is gone: it would compete with it.
    if (ready_.empty()) refill();
    co_return Lent(std::move(process));
  }
  Waiter waiter(*this, wanted);
  if (starting_ < waiters_.size()) spawn_one();
  co_await waiter.served_or_late.wait(deadline);
  if (waiter.process) co_return Lent(std::move(waiter.process));
  if (!waiter.served) co_return process::Failure{process::Reason::deadline_exceeded, kLate, {}, {}};
  co_return process::Failure{process::Reason::cannot_spawn, waiter.why_not, {}, {}};
}

void Crew::refill() {
  if (rest_.resting()) return;
  while (ready_.for_anybody() + starting_ < target_ + waiters_.size()) spawn_one();
}

void Crew::spawn_one() {
  ++starting_;
  if (order_spare_) return order_one();
  spawner_.spawn([this](process::Launched launched) { on_spawned(std::move(launched)); });
}

void Crew::order_one() {
  const auto spare = std::make_shared<SpareOrder>(order_spare_());
  if (!spare->in) {
    asio::post(loop_, [this, error = errno] {
      process::Launched none;
      none.error = error;
      none.step = "pipe";
      on_spawned(std::move(none));
    });
    return;
  }
  auto order = std::move(spare->order);
  spawner_.spawn(std::move(order), [this, spare](process::Launched launched) {
    launched.in = std::move(spare->in);
    on_spawned(std::move(launched), std::move(spare->folder));
  });
}

awaitable<Crew::Lent> Crew::start(process::Order order, process::JobFolder folder, Deadline deadline) {
  constexpr auto kLate = "the deadline passed before its process was started";
  if (Clock::now() >= deadline) co_return process::Failure{process::Reason::deadline_exceeded, kLate, {}, {}};
  const auto program = order.program;
  const auto ordered = std::make_shared<Ordered>(loop_, std::move(folder));
  struct Leaving {  // it may be cancelled
    Crew& crew;
    Ordered& ordered;
    ~Leaving() {
      ordered.wanted = false;
      if (ordered.process) crew.give_back(std::move(ordered.process));
    }
  } const leaving{*this, *ordered};
  spawner_.spawn(std::move(order),
                 [this, ordered](process::Launched launched) { on_ordered(*ordered, std::move(launched)); });
  co_await ordered->come_or_late.wait(deadline);
  if (ordered->process) co_return Lent(std::move(ordered->process));
  if (!ordered->why_not) co_return process::Failure{process::Reason::deadline_exceeded, kLate, {}, {}};
  co_return process::Failure{
      process::Reason::cannot_spawn, fmt::format("cannot start {}: {}", program, *ordered->why_not), {}, {}};
}

void Crew::on_ordered(Ordered& ordered, process::Launched launched) {
  ordered.process = count(launched);
  if (!ordered.process) {
    ++counts_.failed;
    ordered.why_not = why(launched);
  } else {
    ordered.process->own(std::move(ordered.folder));
    if (!ordered.wanted) return give_back(std::move(ordered.process));
  }
  ordered.come_or_late.wake();
}

// The process of a start, or nothing where there is none.
std::unique_ptr<process::Process> Crew::count(process::Launched& launched) {
  auto process = launched ? adopt(launched) : nullptr;
  if (!process) return nullptr;
  ++counts_.started;
  if (observers_.on_start) observers_.on_start(launched.took_seconds);
  return process;
}

void Crew::on_spawned(process::Launched launched, process::JobFolder folder) {
  --starting_;
  if (auto process = count(launched)) {
    process->own(std::move(folder));
    rest_.started();
    return hand_out(std::move(process));
  }
  ++counts_.failed;
  // Each failed start is one waiter's bad news, so that a job costs one attempt at the most.
  if (!waiters_.empty()) {
    auto& waiter = waiters_.front();
    waiters_.pop_front();
    waiter.served = true;
    waiter.why_not = fmt::format("cannot start {}: {}", program().path(), why(launched));
    waiter.served_or_late.wake();
  }
  rest_.failed();
}

// Nothing where its descriptors cannot be waited for; `launched` then says so.
std::unique_ptr<process::Process> Crew::adopt(process::Launched& launched) try {
  auto process = std::make_unique<process::Process>(
      loop_, launched, [this](const process::Process& ended) { on_ended(ended); });
  orphans_.spare_group(process->pid());
  if (program().by_launcher) process->started_by_launcher();
  process->set_vigour(1 - std::uniform_real_distribution(0.0, kJitter)(staying_.random));
  return process;
} catch (const boost::system::system_error& error) {
  spawner_.forget(launched.pid);
  orphans_.end_stray(launched.pid);
  launched.error = error.code().value();
  launched.step = "epoll_ctl";
  return nullptr;
}

void Crew::hand_out(std::unique_ptr<process::Process> process) {
  if (serve_waiter(process)) {
    rest_.recovered();
  } else if (ready_.for_anybody() >= target_) {
    give_back(std::move(process));  // the one who waited for it has gone
  } else {
    ready_.add_spare(std::move(process));
  }
  refill();
}

// The first one that it suits.
bool Crew::serve_waiter(std::unique_ptr<process::Process>& process) {
  const auto found = std::find_if(waiters_.begin(), waiters_.end(), [&](const Waiter& waiter) {
    return suits(process->history(), waiter.wanted);
  });
  if (found == waiters_.end()) return false;
  auto& waiter = *found;
  waiters_.erase(found);
  waiter.served = true;
  waiter.process = std::move(process);
  waiter.served_or_late.wake();
  return true;
}

void Crew::on_ended(const process::Process& process) {
  auto ended = ready_.remove(process);
  if (!ended) return;  // lent, or being ended
  if (ended->history().jobs > 0) return recycle(std::move(ended), process::Recycled::ended);
  lose_spare(std::move(ended));
}

void Crew::lose_spare(std::unique_ptr<process::Process> spare) {
  ++counts_.spares_died;
  const bool at_once = Clock::now() - spare->started() < BackOff::kShortLife;
  give_back(std::move(spare));
  if (at_once)
    rest_.failed();
  else
    refill();
}

}  // namespace offload
