#include "server/process/cruncher_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "server/process/explain_end.h"
#include "server/process/pipe_reading.h"
#include "server/process/proc_file.h"

namespace process {
namespace {

constexpr std::size_t kReadOnLoop = ipc::kShort;  // of a line: the rest is for the pool
constexpr std::size_t kReserve = 16 << 20;        // for a long line: untouched, it costs nothing
constexpr Milliseconds kLook{20};
constexpr Milliseconds kDeathWatch{50};  // for the accounts of a killed one, before its client is answered
constexpr Milliseconds kBrief{10};       // of a job: a longer one can wait for its process's end

}  // namespace

std::shared_ptr<CruncherProcess> CruncherProcess::adopt(Loop& loop, ThreadPool& json_pool,
                                                        Launched launched) {
  std::shared_ptr<CruncherProcess> process(new CruncherProcess(loop, json_pool, std::move(launched)));
  process->in_.native_non_blocking(true);  // Asio sees to it only where it waits
  process->watch_exit();
  process->pump_out();
  return process;
}

CruncherProcess::CruncherProcess(Loop& loop, ThreadPool& json_pool, Launched launched)
    : loop_(loop),
      json_pool_(json_pool),
      pid_(launched.pid),
      inherited_kib_(launched.inherited_kib),
      exit_(loop.get_executor()),
      in_(loop.get_executor()),
      out_(loop.get_executor()),
      err_(loop.get_executor()),
      event_(loop) {
  const auto own = [](Descriptor& descriptor, loop::UniqueFd& fd) {
    descriptor.assign(fd.get());  // or throws
    fd.release();
  };
  own(exit_, launched.pidfd);
  own(in_, launched.in);
  own(out_, launched.out);
  own(err_, launched.err);
}

void CruncherProcess::watch_exit() {
  exit_.async_wait(asio::posix::descriptor_base::wait_read,
                   [self = shared_from_this()](const boost::system::error_code& error) {
                     if (error) return;
                     if (!self->ended()) return self->watch_exit();
                     if (self->gone_) std::exchange(self->gone_, nullptr)();
                     self->poke();
                   });
}

bool CruncherProcess::ended() {
  if (!status_) status_ = peek_end(exit_.native_handle());
  return status_.has_value();
}

awaitable<Outcome> CruncherProcess::run(const Job& job, double& progress, bool may_remain) {
  may_remain_ = may_remain;
  job_ = &job;
  progress_ = &progress;
  gone_ = nullptr;
  given_ = Clock::now();
  lines_.emplace(job.limits.max_reply, kReserve);
  // The coroutine may be cancelled at any wait: what the pumps were told to fill is this object's, but for
  // these two.
  struct Forget {
    CruncherProcess& process;
    ~Forget() { process.job_ = nullptr, process.progress_ = nullptr; }
  } forget{*this};
  pump_in();
  pump_err();
  if (spoke_early_) read_out();

  auto until = job.deadline;
  bool answered = false;
  while (!settled() && Clock::now() < until) {
    if (answer_ && !answered) {
      until = std::min(until, Clock::now() + kExitGrace);
      in_.close();  // one that would do another job waits for its line: this says that there is none
    }
    answered = answer_.has_value();
    // A process that has closed its stdout is about to end: then the kernel is asked, and not only listened
    // to.
    co_await event_.wait(out_open_ ? until : std::min(until, Clock::now() + kLook));
    ended();
  }
  if (!ended() && !answer_ && !fault_)
    fault(Reason::deadline_exceeded,
          fmt::format("no answer after {:.0f} ms", milliseconds(Clock::now() - given_)));
  if (!ended() && (fault_ || !settled())) {
    signal_group(answer_ && !fault_ ? SIGKILL : SIGTERM);
    const auto dead_by = Clock::now() + kDeathWatch;
    while (!ended() && Clock::now() < dead_by) co_await event_.wait(dead_by);
  }
  co_await read_what_is_left();
  while (pool_ != Pool::idle && Clock::now() < job.deadline) co_await event_.wait(job.deadline);
  co_return conclude();
}

// A turn's bytes at a time. Their ends are not waited for: a process that the leader left behind may hold the
// pipes open, and go on writing.
awaitable<> CruncherProcess::read_what_is_left() {
  // Where it has ended, the pool reads only if a fault or the deadline has decided already.
  const auto all = bytes_out_ + (ended() ? unread(out_.native_handle()) : 0);
  while (bytes_out_ < all && !fault_ && out_open_ && pool_ != Pool::reads) {
    const auto bytes = read_piece(out_.native_handle(), all - bytes_out_).bytes;
    if (bytes.empty()) break;
    take_bytes(bytes);
    if (bytes_out_ < all) co_await others_first(loop_.get_executor());
  }
  for (auto left = unread(err_.native_handle()); left > 0;) {
    const auto bytes = read_piece(err_.native_handle(), left).bytes;
    if (bytes.empty()) break;
    left -= bytes.size();
    keep_tail(stderr_tail_, bytes);
    if (left > 0) co_await others_first(loop_.get_executor());
  }
}

// A brief job's client does not wait for the end of a process that can say nothing more: that would take as
// long as the job. Of its CPU time only the sum is known by then, and the kernel tells user from system time
// by the ticks of its clock, which are not much shorter.
bool CruncherProcess::settled() const {
  return fault_ || (pool_ == Pool::idle && (status_ || (answer_ && brief_.value_or(false) && may_remain_)));
}

void CruncherProcess::fault(Reason reason, std::string detail) {
  if (!fault_) fault_ = Failure{reason, std::move(detail), {}, {}};
  poke();
}

// A turn's bytes at the most, however fast the process takes them.
void CruncherProcess::pump_in() {
  if (!job_) return;
  const auto rest = std::string_view(job_->line).substr(written_, kBytesPerTurn);
  const auto count = ::write(in_.native_handle(), rest.data(), rest.size());
  if (count > 0) written_ += static_cast<std::size_t>(count);
  if (written_ == job_->line.size()) return;
  // With EPIPE it does not want the rest, and may answer all the same.
  if (count < 0 && errno != EAGAIN && errno != EINTR) return;
  in_.async_wait(asio::posix::descriptor_base::wait_write,
                 [self = shared_from_this()](const boost::system::error_code& error) {
                   if (!error) self->pump_in();
                 });
}

void CruncherProcess::pump_out() {
  out_.async_wait(asio::posix::descriptor_base::wait_read,
                  [self = shared_from_this()](const boost::system::error_code& error) {
                    if (!error) self->read_out();
                  });
}

// Of a long line the pool reads the rest: to make the memory for it takes the kernel longer than the loop has
// time, and has it wait for the pool where that gives memory back.
void CruncherProcess::read_long_line() {
  held_back_ = pool_ == Pool::parses;  // one line after the other
  if (held_back_) return;
  pool_ = Pool::reads;
  json_pool_.run([self = shared_from_this()] { return pull(self->out_.native_handle(), *self->lines_); },
                 [self = shared_from_this()](Pulled pulled) {
                   self->pool_ = Pool::idle;
                   self->poke();
                   if (!self->job_ || self->fault_) return;
                   self->take_fed(pulled.bytes);
                   self->out_open_ = !pulled.end;
                   if (pulled.end) self->note_end_of_output();
                   if (pulled.more) self->pump_out();
                 });
}

// One turn's bytes at the most, in two reads: the second one to meet the end behind them.
void CruncherProcess::read_out() {
  if (!given()) {
    spoke_early_ = true;
    return;
  }
  std::size_t left = kBytesPerTurn;
  for (int reads = 0; reads < 2 && left > 0; ++reads) {
    if (!job_ || settled()) return;
    if (lines_->buffered() >= kReadOnLoop) return read_long_line();
    const auto piece = read_piece(out_.native_handle(), std::min(left, kReadOnLoop - lines_->buffered()));
    if (piece.end) {
      out_open_ = false;
      note_end_of_output();
    }
    if (!piece.more) return;
    if (piece.bytes.empty()) break;
    left -= piece.bytes.size();
    take_bytes(piece.bytes);
  }
  pump_out();
}

void CruncherProcess::note_end_of_output() {
  if (!brief_) brief_ = Clock::now() - given_ < kBrief;
  poke();
}

void CruncherProcess::pump_err() {
  err_.async_wait(asio::posix::descriptor_base::wait_read,
                  [self = shared_from_this()](const boost::system::error_code& error) {
                    if (error) return;
                    const auto piece = read_piece(self->err_.native_handle());
                    keep_tail(self->stderr_tail_, piece.bytes);
                    if (piece.more) self->pump_err();
                  });
}

void CruncherProcess::take_bytes(std::string_view bytes) {
  if (fault_) return;
  lines_->feed(bytes);
  take_fed(bytes.size());
}

void CruncherProcess::take_fed(std::size_t count) {
  bytes_out_ += count;
  const auto limit = job_->limits.max_reply;
  if (lines_->overflowed() || bytes_out_ > limit)
    return fault(Reason::reply_too_large, fmt::format("it wrote more than {} bytes (--max-reply)", limit));
  take_lines();
}

// One after the other: the lines behind one that is with the pool wait for it. Many short ones are as good as
// a long one.
void CruncherProcess::take_lines() {
  std::size_t taken = 0;
  while (job_ && !fault_ && pool_ == Pool::idle) {
    auto line = lines_->next();
    if (!line) break;
    if (answer_ && line->empty() && !std::exchange(closing_line_, true)) {
      note_end_of_output();
    } else if (answer_) {
      return fault(Reason::bad_reply, "it wrote more after its answer");
    } else {
      taken += line->size();
      take_line(std::move(*line), taken <= kJsonOnLoop);
    }
  }
  if (answer_ && lines_->buffered() > 0) fault(Reason::bad_reply, "it wrote more after its answer");
}

void CruncherProcess::take_line(std::string line, bool on_loop) {
  if (on_loop) return take(Reading::of(std::move(line), job_->rpc_id));
  pool_ = Pool::parses;
  json_pool_.run(
      [line = std::move(line), id = job_->rpc_id]() mutable { return Reading::of(std::move(line), id); },
      [self = shared_from_this()](Reading reading) {
        self->pool_ = Pool::idle;
        self->poke();
        self->take(std::move(reading));
        self->take_lines();
        if (std::exchange(self->held_back_, false)) self->pump_out();
      });
}

void CruncherProcess::take(Reading reading) {
  if (auto* progress = std::get_if<ipc::Progress>(&reading.what)) {
    if (progress_ && !std::isnan(progress->fraction)) *progress_ = progress->fraction;
    return;
  }
  if (auto* malformed = std::get_if<ipc::Malformed>(&reading.what))
    return fault(Reason::bad_reply, "a line that it wrote is no message of the protocol: " + malformed->why);
  if (auto* result = std::get_if<Result>(&reading.what)) answer_ = std::move(*result);
  if (auto* error = std::get_if<TaskError>(&reading.what)) answer_ = std::move(*error);
  // The process of a brief job would mostly be gone by then, and to look costs a twentieth of the job.
  if (!status_ && Clock::now() - given_ >= kBrief) peak_kib_ = peak_resident_kib(pid_);
  poke();
}

Outcome CruncherProcess::conclude() {
  Outcome outcome{Failure{Reason::bad_reply, "", {}, {}}, usage(), stderr_tail_};
  if (fault_)
    outcome.what = *fault_;
  else if (answer_)
    std::visit([&outcome](auto& answer) { outcome.what = std::move(answer); }, *answer_);
  else if (status_ && pool_ == Pool::idle)
    outcome.what = explain_end(*status_, job_->limits, lines_->buffered() > 0);
  else
    outcome.what =
        Failure{Reason::deadline_exceeded, "its answer could not be read before the deadline", {}, {}};
  return outcome;
}

Usage CruncherProcess::usage() const {
  Usage usage;
  usage.pid = pid_;
  usage.run_ms = milliseconds(Clock::now() - given_);
  usage.max_rss_kib = peak_kib_;
  if (status_) {
    usage.user_ms = status_->user_ms();
    usage.system_ms = status_->system_ms();
    if (status_->usage.ru_maxrss > inherited_kib_) usage.max_rss_kib = status_->usage.ru_maxrss;
  } else {
    usage.user_ms = cpu_ms(pid_).value_or(0);  // not told apart while it runs
  }
  return usage;
}

}  // namespace process
