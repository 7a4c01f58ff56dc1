#include "server/process/explain_end.h"

#include <fmt/format.h>
#include <signal.h>

#include "server/process/quote.h"

namespace process {

Failure explain_end(const WaitStatus& end, const JobLimits& limits, std::string_view begun) {
  const auto cpu = end.user_ms() + end.system_ms();
  if (end.signal) {
    const int signal = *end.signal;
    const bool over_cpu = cpu >= static_cast<double>(limits.cpu.count()) * 0.95;
    if (limits.cpu.count() > 0 && (signal == SIGXCPU || (signal == SIGKILL && over_cpu)))
      return {Reason::cpu_limit,
              fmt::format("it used {:.0f} ms of CPU time (--cpu {} ms)", cpu, limits.cpu.count()),
              signal,
              {}};
    if (signal == SIGKILL)
      return {Reason::memory_limit,
              "it was killed from outside, as the kernel does when memory runs out",
              signal,
              {}};
    if (signal == SIGXFSZ)
      return {Reason::crashed,
              fmt::format("it wrote a file of more than {} bytes (--file-size): {}", limits.file_size,
                          signal_name(signal)),
              signal,
              {}};
    return {Reason::crashed, fmt::format("it was ended by {}", signal_name(signal)), signal, {}};
  }
  const int code = end.exit_code.value_or(0);
  if (!begun.empty())
    return {Reason::bad_reply,
            fmt::format("it ended with exit code {} in the middle of a line: {}", code, quote(begun)),
            {},
            code};
  return {Reason::crashed, fmt::format("it ended with exit code {} and no answer", code), {}, code};
}

}  // namespace process
