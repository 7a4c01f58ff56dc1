#include "server/process/run_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "server/loop/size_limits.h"
#include "server/process/appetite.h"
#include "server/process/cgi_header.h"
#include "server/process/end_of_command.h"

namespace process {
namespace {

constexpr Milliseconds kNextLook{100};

Failure failure(Reason reason, std::string detail) {
  return {reason, std::move(detail), {}, {}};
}

// What was stdout, unless it is the result, is closed on the thread at the end of a scope: to free what it
// was takes the kernel longer than the loop has time.
struct CloseStdout {
  ThreadPool& files;
  loop::UniqueFd& file;
  ~CloseStdout() {
    if (file) files.run([closed = std::move(file)] {});
  }
};

// A short one whose bytes are all in memory already, so that nobody waits for the disk.
std::optional<std::string> read_short(const loop::UniqueFd& file, std::size_t offset, std::size_t size) {
  if (size > loop::kBytesPerTurn) return std::nullopt;
  std::string bytes(size, '\0');
  const iovec to{bytes.data(), size};
  if (::preadv2(file.get(), &to, 1, static_cast<off_t>(offset), RWF_NOWAIT) != static_cast<ssize_t>(size))
    return std::nullopt;
  return bytes;
}

// Opens the result where it is a file with a name, and reads its header: that is for a thread. Takes
// `standard`, the file that was stdout, only where the result is not a short one in it.
std::variant<Output, Failure> read_output(loop::UniqueFd& standard, int folder, const Command& command) {
  loop::UniqueFd named;
  if (!command.out.empty()) {
    named =
        loop::UniqueFd(::openat(folder, command.out.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status {};
    if (!named)
      return failure(Reason::bad_reply, fmt::format("it ended well, but its result '{}' is not there: {}",
                                                    command.out, std::strerror(errno)));
    if (::fstat(named.get(), &status) != 0 || !S_ISREG(status.st_mode))
      return failure(Reason::bad_reply, fmt::format("its result '{}' is no file", command.out));
  }
  auto& file = named ? named : standard;
  Output output{{}, 0, size_of_file(file), command.answers};
  if (output.size > command.limits.max_reply) return too_large(command.limits);
  if (command.answers_header) {
    auto header = read_cgi_header(file.get());
    if (const auto* wrong = std::get_if<std::string>(&header)) return failure(Reason::bad_reply, *wrong);
    auto& found = std::get<CgiHeader>(header);
    if (found.size > output.size) return failure(Reason::bad_reply, "its output changed after its end");
    output.type = std::move(found.type);
    output.offset = found.size;
    output.size -= found.size;
  }
  if (auto bytes = read_short(file, output.offset, output.size))
    output.bytes = std::move(*bytes);
  else
    output.file = std::move(file);
  return output;
}

}  // namespace

std::uint64_t file_size_of(const JobLimits& limits) {
  return limits.file_size == 0 ? 0 : std::max(limits.file_size, limits.max_reply);
}

awaitable<Outcome> run_command(Process& process, const Command& command, Deadline deadline,
                               const EndPolicy& policy, ThreadPool& files, JobListener* listener) {
  const auto given = Clock::now();
  const CloseStdout close{files, process.file()};
  Outcome outcome{Failure{}, {}, {}};
  std::optional<Failure> fault;
  StderrReader err(process, listener);
  Appetite appetite(process, command.limits.memory, Milliseconds{0});
  process.err().listen();
  while (!process.ended() && !fault) {
    co_await process.event(std::min(deadline, Clock::now() + kNextLook));
    err.read_if_ready();
    if (process.ended()) break;
    if (size_of_file(process.file()) > command.limits.max_reply) fault = too_large(command.limits);
    if (!fault) fault = appetite.look();
    if (Clock::now() >= deadline) fault = too_late(given);
  }
  if (appetite.exceeded()) process.kill();
  if (fault) co_await see_it_die(process, policy, err);
  co_await err.read_rest();
  outcome.stderr_tail = std::move(err.tail());
  outcome.usage = process.usage();
  outcome.usage->run_ms = milliseconds(Clock::now() - given);
  if (!fault) fault = fault_of(*process.status(), command, size_of_file(process.file()), outcome.stderr_tail);
  if (fault) {
    appetite.explain(*fault);
    outcome.what = std::move(*fault);
    co_return outcome;
  }
  std::variant<Output, Failure> output;
  if (command.out.empty() && !command.answers_header) {
    output = read_output(process.file(), -1, command);
  } else {  // nothing here is left where the server ends meanwhile
    const auto file = std::make_shared<loop::UniqueFd>(std::move(process.file()));
    const auto work =
        [file, &command,
         folder = std::make_shared<loop::UniqueFd>(::fcntl(process.folder().get(), F_DUPFD_CLOEXEC, 0))] {
          return read_output(*file, folder->get(), command);
        };
    output = co_await files.call(work);
    process.file() = std::move(*file);
  }
  std::visit([&outcome](auto& what) { outcome.what = std::move(what); }, output);
  co_return outcome;
}

}  // namespace process
