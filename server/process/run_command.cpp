#include "server/process/run_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "server/process/appetite.h"
#include "server/process/cgi_header.h"
#include "server/process/end_of_command.h"

namespace process {
namespace {

constexpr Milliseconds kNextLook{100};

Failure failure(Reason reason, std::string detail) {
  return {reason, std::move(detail), {}, {}};
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
  output.size = size_of_file(output.file);
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

}  // namespace

std::uint64_t file_size_of(const JobLimits& limits) {
  return limits.file_size == 0 ? 0 : std::max(limits.file_size, limits.max_reply);
}

awaitable<Outcome> run_command(Process& process, const Command& command, Deadline deadline,
                               const EndPolicy& policy, ThreadPool& files, JobListener* listener) {
  const auto given = Clock::now();
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
