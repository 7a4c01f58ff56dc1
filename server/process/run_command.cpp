#include "server/process/run_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "server/process/cgi_header.h"
#include "server/process/explain_end.h"
#include "server/process/pipe_reading.h"
#include "server/process/quote.h"

namespace process {
namespace {

constexpr Milliseconds kLook{100};
constexpr Milliseconds kDeathWatch{50};  // for the accounts of a killed one, before its client is answered
constexpr int kNotFound = 127;           // as a shell says it
constexpr std::size_t kSaid = 2048;      // of stderr, for the client

std::size_t size_of(const loop::UniqueFd& file) {
  struct stat status {};
  return file && ::fstat(file.get(), &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

Failure failure(Reason reason, std::string detail) {
  return {reason, std::move(detail), {}, {}};
}

Failure too_large(const JobLimits& limits) {
  return failure(Reason::reply_too_large,
                 fmt::format("it wrote more than {} bytes (--max-reply)", limits.max_reply));
}

// Why the process that ended so gave no answer, if it gave none.
std::optional<Failure> fault_of(const WaitStatus& end, const Command& command, std::size_t written,
                                const std::string& stderr_tail) {
  const auto& limits = command.limits;
  const bool full = file_size_of(limits) > 0 && written >= limits.max_reply;
  if (written > limits.max_reply || (full && end.exit_code != 0)) return too_large(limits);
  if (end.signal) return explain_end(end, limits, "");
  const int code = end.exit_code.value_or(0);
  if (code == 0) return std::nullopt;
  auto said = last_part(stderr_tail, kSaid);
  const auto status = command.statuses.find(code);
  if (status == command.statuses.end() && code == kNotFound)
    return Failure{Reason::cannot_spawn,
                   fmt::format("{} ended with exit code {}: it, or a program that it needs, is not there{}{}",
                               command.program, code, said.empty() ? "" : ": ", said),
                   {},
                   code};
  if (said.empty()) said = fmt::format("it ended with exit code {}, and wrote nothing to stderr", code);
  Failure failed{Reason::task_failed, std::move(said), {}, code};
  if (status != command.statuses.end()) failed.status = status->second;
  return failed;
}

// Opens the result where it is a file with a name, and reads its header. For a thread.
std::variant<Output, Failure> read_output(loop::UniqueFd file, int folder, const Command& command) {
  if (!command.out.empty()) {
    file =
        loop::UniqueFd(::openat(folder, command.out.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status {};
    if (!file)
      return failure(Reason::bad_reply, fmt::format("it ended well, but its result '{}' is not there: {}",
                                                    command.out, std::strerror(errno)));
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
      return failure(Reason::bad_reply, fmt::format("its result '{}' is no file", command.out));
  }
  Output output{std::move(file), 0, 0, command.answers};
  output.size = size_of(output.file);
  if (output.size > command.limits.max_reply) return too_large(command.limits);
  if (!command.answers_header) return output;
  auto header = read_cgi_header(output.file.get());
  if (const auto* wrong = std::get_if<std::string>(&header)) return failure(Reason::bad_reply, *wrong);
  auto& found = std::get<CgiHeader>(header);
  output.type = std::move(found.type);
  output.offset = found.size;
  output.size -= found.size;
  return output;
}

void read_err(Process& process, std::string& tail) {
  if (!process.err().became_ready()) return;
  const auto piece = read_piece(process.err().fd());
  keep_tail(tail, piece.bytes);
  if (piece.more) process.err().listen();
}

// Its end is not waited for: a process that the leader left behind may hold the pipe open, and go on writing.
awaitable<> read_rest_of_err(Process& process, std::string& tail) {
  const auto executor = co_await asio::this_coro::executor;
  for (auto unheard = unread(process.err().fd()); unheard > 0;) {
    const auto bytes = read_piece(process.err().fd(), unheard).bytes;
    if (bytes.empty()) break;
    unheard -= std::min(unheard, bytes.size());
    keep_tail(tail, bytes);
    if (unheard > 0) co_await others_first(executor);
  }
}

awaitable<> see_it_die(Process& process, const EndPolicy& policy, std::string& tail) {
  process.ask_to_end(policy);
  const auto dead_by = Clock::now() + kDeathWatch;
  while (!process.ended() && Clock::now() < dead_by) {
    co_await process.event(dead_by);
    read_err(process, tail);
  }
}

}  // namespace

std::uint64_t file_size_of(const JobLimits& limits) {
  return limits.file_size == 0 ? 0 : std::max(limits.file_size, limits.max_reply);
}

awaitable<Outcome> run_command(Process& process, const Command& command, Deadline deadline,
                               const EndPolicy& policy, ThreadPool& files) {
  const auto given = Clock::now();
  Outcome outcome{Failure{}, {}, {}};
  std::optional<Failure> fault;
  process.err().listen();
  while (!process.ended() && !fault) {
    co_await process.event(std::min(deadline, Clock::now() + kLook));
    read_err(process, outcome.stderr_tail);
    if (process.ended()) break;
    if (size_of(process.file()) > command.limits.max_reply) fault = too_large(command.limits);
    if (Clock::now() >= deadline)
      fault = failure(Reason::deadline_exceeded,
                      fmt::format("no answer after {:.0f} ms", milliseconds(Clock::now() - given)));
  }
  if (fault) co_await see_it_die(process, policy, outcome.stderr_tail);
  co_await read_rest_of_err(process, outcome.stderr_tail);
  outcome.usage = process.usage();
  outcome.usage->run_ms = milliseconds(Clock::now() - given);
  if (!fault) fault = fault_of(*process.status(), command, size_of(process.file()), outcome.stderr_tail);
  if (fault) {
    outcome.what = std::move(*fault);
    co_return outcome;
  }
  std::variant<Output, Failure> output;
  if (command.out.empty() && !command.answers_header) {
    output = read_output(std::move(process.file()), -1, command);
  } else {
    const auto file = std::make_shared<loop::UniqueFd>(std::move(process.file()));
    const auto work =
        [file, &command,
         folder = std::make_shared<loop::UniqueFd>(::fcntl(process.folder().get(), F_DUPFD_CLOEXEC, 0))] {
          return read_output(std::move(*file), folder->get(), command);
        };
    output = co_await files.call(work);
  }
  std::visit([&outcome](auto& what) { outcome.what = std::move(what); }, output);
  co_return outcome;
}

}  // namespace process
