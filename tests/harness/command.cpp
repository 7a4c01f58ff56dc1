#include "tests/harness/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "tests/harness/started_process.h"

namespace harness {
namespace {

struct Pipe {
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(int which) {
    if (ends[which] >= 0) ::close(ends[which]);
    ends[which] = -1;
  }
  int ends[2];
};

// Takes what is there; closes the reading end when the other side has closed.
void drain(Pipe& pipe, std::string& text) {
  char chunk[65536];
  const ssize_t got = read(pipe.ends[0], chunk, sizeof chunk);
  if (got > 0) {
    text.append(chunk, got);
  } else {
    pipe.close_end(0);
  }
}

void feed(Pipe& pipe, std::string_view& input) {
  const ssize_t put = write(pipe.ends[1], input.data(), input.size());
  if (put > 0) input.remove_prefix(put);
  if (put <= 0 || input.empty()) pipe.close_end(1);
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& arguments, std::string_view input,
                          milliseconds within) {
  signal(SIGPIPE, SIG_IGN);
  Pipe in, out, err;
  ProgramLaunch launch{arguments, in.ends[0], out.ends[1], err.ends[1]};
  StartedProcess process(launch);
  in.close_end(0);
  out.close_end(1);
  err.close_end(1);
  fcntl(in.ends[1], F_SETFL, O_NONBLOCK);
  if (input.empty()) in.close_end(1);

  CommandResult result;
  const Stopwatch watch;
  while (out.ends[0] >= 0 || err.ends[0] >= 0) {
    pollfd ready[] = {{in.ends[1], POLLOUT, 0}, {out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}};
    const auto left = within - watch.elapsed();
    if (left.count() <= 0 || poll(ready, 3, static_cast<int>(left.count())) == 0) {
      throw std::runtime_error(arguments[0] + " still runs; it printed: " + result.out + result.err);
    }
    if (ready[0].revents) feed(in, input);
    if (ready[1].revents) drain(out, result.out);
    if (ready[2].revents) drain(err, result.err);
  }
  const auto status = process.wait_for_end(within);
  if (!status) throw std::runtime_error(arguments[0] + " closed its output but still runs");
  result.exit_code = exit_code_of(*status);
  return result;
}

}  // namespace harness
