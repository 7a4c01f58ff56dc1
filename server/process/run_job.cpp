#include "server/process/run_job.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "server/loop/size_limits.h"
#include "server/process/appetite.h"
#include "server/process/dialogue_thread.h"
#include "server/process/pipe_reading.h"
#include "server/process/stderr_reader.h"

namespace process {
namespace {

constexpr Milliseconds kBrief{10};  // of a job: a longer one can wait for its process's end

class Conversation {
 public:
  Conversation(Process& process, std::shared_ptr<Dialogue> dialogue, ThreadPool& pool, JobBounds bounds,
               double& progress)
      : process_(process),
        dialogue_(std::move(dialogue)),
        thread_(process, dialogue_, pool),
        bounds_(bounds),
        progress_(progress),
        appetite_(process, bounds.memory, bounds.cpu),
        err_(process, bounds.listener) {}
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  awaitable<Ran> run(const EndPolicy& policy);

 private:
  bool busy() const { return thread_.busy(); }
  bool failed() const { return fault_ || (!busy() && dialogue_->failed()); }
  bool over() const;
  Clock::duration elapsed() const { return Clock::now() - given_; }

  void step();
  void write();
  void read_out();
  void note();
  void note_end_of_output();
  void hear_from_thread();
  awaitable<> await_thread();
  awaitable<> see_it_die(const EndPolicy& policy);
  awaitable<> read_what_is_left();
  bool waits_for_more() const;
  bool has_read_nothing();
  Ran conclude();

  Process& process_;
  const std::shared_ptr<Dialogue> dialogue_;
  DialogueThread thread_;
  const JobBounds bounds_;
  double& progress_;
  Appetite appetite_;
  const Clock::time_point given_ = Clock::now();
  bool out_open_ = true;
  bool answered_ = false;
  bool heard_ = false;  // anything at all
  std::size_t written_ = 0;
  std::optional<bool> brief_;  // once all has been said
  StderrReader err_;
  std::optional<Failure> fault_;
};

// By the empty line behind its answer, which promises silence.
bool Conversation::waits_for_more() const {
  return bounds_.process_may_stay && out_open_ && dialogue_->settled() && dialogue_->to_write().empty();
}

// A brief job's client does not wait for the end of a process that can say nothing more: that would take as
// long as the job. Of its CPU time only the sum is known by then, and the kernel tells user from system time
// by the ticks of its clock, which are not much shorter.
bool Conversation::over() const {
  if (failed()) return true;
  if (busy()) return false;
  return process_.status() || waits_for_more() ||
         (dialogue_->settled() && brief_.value_or(false) && bounds_.process_may_remain);
}

awaitable<Ran> Conversation::run(const EndPolicy& policy) {
  write();
  process_.err().listen();
  process_.out().listen();
  step();  // it may have spoken early
  auto until = bounds_.deadline;
  bool told = false;
  while (!over() && Clock::now() < until) {
    if (answered_ && !std::exchange(told, true)) {
      until = std::min(until, Clock::now() + policy.exit_grace);
      // One that would do another job waits for its line: this says that there is none.
      if (!bounds_.process_may_stay) process_.in().close();
    }
    // A process that has closed its stdout is about to end: then the kernel is asked, and not only listened
    // to.
    const auto wake_up = std::min(until, appetite_.next_look());
    co_await process_.event(out_open_ ? wake_up : std::min(wake_up, Clock::now() + kLook));
    // Else its end is told, and the kernel need not be asked.
    const bool asks = !out_open_ || appetite_.next_look() <= Clock::now();
    if (asks && !process_.ended() && !fault_) fault_ = appetite_.look();
    step();
  }
  // Of one that waits for more, whoever gets it asks whether it has ended.
  const bool waits = !failed() && !busy() && waits_for_more();
  if (!waits && !process_.ended()) {
    if (!answered_ && !failed()) {
      auto detail = fmt::format("no answer after {:.0f} ms", milliseconds(elapsed()));
      fault_ = Failure{Reason::deadline_exceeded, std::move(detail), {}, {}};
    }
    if (failed() || !over()) co_await see_it_die(policy);
  }
  co_await read_what_is_left();
  co_return conclude();
}

void Conversation::step() {
  hear_from_thread();
  err_.read_if_ready();
  if (!busy() && process_.in().became_ready()) write();
  if (!busy() && process_.out().became_ready()) read_out();
}

// A turn's bytes at the most, however fast the process reads them.
void Conversation::write() {
  const auto rest = dialogue_->to_write().substr(0, kBytesPerTurn);
  const auto count = ::write(process_.in().fd(), rest.data(), rest.size());
  if (count > 0) {
    dialogue_->written(static_cast<std::size_t>(count));
    written_ += static_cast<std::size_t>(count);
  }
  if (dialogue_->to_write().empty()) return;
  if (count < 0 && errno == EPIPE && written_ == 0 && process_.history().jobs > 1)
    fault_ = Failure{Reason::crashed, "it has closed its stdin", {}, {}};
  // With EPIPE it does not want the rest, and may answer all the same.
  if (count >= 0 || errno == EAGAIN || errno == EINTR) process_.in().listen();
}

// One turn's bytes at the most, in two reads: the second one to meet the end behind them.
void Conversation::read_out() {
  std::size_t left = kBytesPerTurn;
  for (int reads = 0; reads < 2 && left > 0; ++reads) {
    if (over()) return;
    const auto room = dialogue_->room_on_loop();
    if (room == 0) {
      heard_ = true;
      return thread_.read();
    }
    const auto piece = read_piece(process_.out().fd(), std::min(left, room));
    if (piece.end) note_end_of_output();
    if (!piece.more) return;
    if (piece.bytes.empty()) break;
    left -= piece.bytes.size();
    heard_ = true;
    dialogue_->accept_stdout(piece.bytes);
    note();
    if (dialogue_->backlog()) return thread_.understand();
  }
  process_.out().listen();
}

void Conversation::note_end_of_output() {
  out_open_ = false;
  dialogue_->end_of_stdout();
  note();
}

void Conversation::note() {
  if (const auto told = dialogue_->progress(); told != progress_) {
    progress_ = told;
    if (bounds_.listener) bounds_.listener->on_progress(told);
  }
  if (dialogue_->closed() && !brief_) brief_ = elapsed() < kBrief;
  if (!dialogue_->answered() || std::exchange(answered_, true)) return;
  // The process of a brief job would mostly be gone by then, and to look costs a twentieth of the job.
  if (elapsed() >= kBrief) process_.note_peak();
}

void Conversation::hear_from_thread() {
  const auto ended = thread_.done();
  if (!ended) return;
  if (*ended) note_end_of_output();
  dialogue_->understand(kJsonOnLoop);
  note();
  if (dialogue_->backlog()) return thread_.understand();
  if (out_open_ && !over()) process_.out().listen();
}

awaitable<> Conversation::await_thread() {
  while (busy() && Clock::now() < bounds_.deadline) {
    co_await process_.event(bounds_.deadline);
    hear_from_thread();
  }
}

awaitable<> Conversation::see_it_die(const EndPolicy& policy) {
  if (failed() && !appetite_.exceeded())
    process_.ask_to_end(policy);
  else
    process_.kill();  // it has answered, and had its time to end by itself; or it may grow on
  const auto dead_by = Clock::now() + kDeathWatch;
  while (!process_.ended() && Clock::now() < dead_by) {
    co_await process_.event(dead_by);
    step();
  }
}

// A turn's bytes at a time. Their ends are not waited for: a process that the leader left behind may hold the
// pipes open, and go on writing.
awaitable<> Conversation::read_what_is_left() {
  const auto executor = co_await asio::this_coro::executor;
  co_await await_thread();
  auto left = process_.status() && !busy() ? unread(process_.out().fd()) : 0;
  while (left > 0 && !busy() && !failed() && out_open_) {
    const auto bytes = read_piece(process_.out().fd(), left).bytes;
    if (bytes.empty()) break;
    left -= bytes.size();
    heard_ = true;
    dialogue_->accept_stdout(bytes);
    note();
    if (dialogue_->backlog()) thread_.understand();
    co_await await_thread();
    if (left > 0) co_await others_first(executor);
  }
  co_await err_.read_rest();
}

// A pipe keeps what nobody has read, also when its reader is gone.
bool Conversation::has_read_nothing() {
  return !answered_ && !heard_ && (process_.status() || written_ == 0) &&
         unread(process_.in().fd()) == written_;
}

Ran Conversation::conclude() {
  Outcome outcome{
      Failure{Reason::deadline_exceeded, "its answer could not be read before the deadline", {}, {}},
      process_.usage(), std::move(err_.tail())};
  if (bounds_.usage_is_told) {
    const auto told = busy() ? ipc::OwnUsage{} : dialogue_->own_usage();
    outcome.usage->cpu_known = told.cpu_ms.has_value();
    outcome.usage->user_ms = told.cpu_ms.value_or(0);
    outcome.usage->system_ms = 0;
    outcome.usage->max_rss_kib = told.max_rss_kib;
  }
  outcome.usage->run_ms = milliseconds(elapsed());
  if (fault_)
    outcome.what = std::move(*fault_);
  else if (!busy())
    std::visit([&outcome](auto&& what) { outcome.what = std::move(what); },
               dialogue_->verdict(process_.status()));
  if (auto* failure = std::get_if<Failure>(&outcome.what)) appetite_.explain(*failure);
  if (busy()) return {std::move(outcome), Afterwards::end};
  if (!failed() && !process_.status() && waits_for_more()) return {std::move(outcome), Afterwards::next_job};
  return {std::move(outcome), has_read_nothing() ? Afterwards::same_again : Afterwards::end};
}

}  // namespace

awaitable<Ran> run_job(Process& process, std::shared_ptr<Dialogue> dialogue, JobBounds bounds,
                       const EndPolicy& policy, ThreadPool& json_pool, double& progress) {
  Conversation conversation(process, std::move(dialogue), json_pool, bounds, progress);
  co_return co_await conversation.run(policy);
}

}  // namespace process
