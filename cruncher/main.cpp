// The cruncher: jobs in a process of their own. With arguments it serves a person, without any a server.
// `--sandbox` and its variable come first.

#include <unistd.h>

#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "cruncher/command_line.h"
#include "cruncher/fork_server.h"
#include "cruncher/output.h"
#include "cruncher/sandbox.h"
#include "cruncher/service.h"

namespace {

using cruncher::Strictness;

constexpr std::string_view kOption = "--sandbox", kVariable = "CRUNCHER_SANDBOX";

Strictness strictness = Strictness::required;

int serve() {
  cruncher::enter_sandbox(cruncher::Parent::server, strictness);
  return cruncher::serve_requests();
}

// False where there is no such strictness.
bool choose_strictness(std::string_view name) {
  const auto chosen = cruncher::strictness_of(name);
  if (chosen) strictness = *chosen;
  return chosen.has_value();
}

int complain(std::string_view source) {
  cruncher::write_all(STDERR_FILENO,
                      "cruncher: " + std::string(source) + " takes required, best-effort or report\n");
  return 2;
}

int run(std::span<char* const> arguments) {
  if (const char* name = std::getenv(kVariable.data());
      name != nullptr && *name != '\0' && !choose_strictness(name))
    return complain(kVariable);
  if (!arguments.empty() && arguments[0] == kOption) {
    if (arguments.size() < 2 || !choose_strictness(arguments[1])) return complain(kOption);
    arguments = arguments.subspan(2);
  }
  if (arguments.size() == 1 && arguments[0] == std::string_view("--fork-server"))
    return cruncher::serve_forks(serve);
  if (!arguments.empty()) return cruncher::run_command_line(arguments, strictness);
  return serve();
}

}  // namespace

int main(int argc, char** argv) {
  _exit(run({argv + (argc > 0 ? 1 : 0),
             argv + argc}));  // at once: there is nothing to flush, and freeing would only cost time
}
