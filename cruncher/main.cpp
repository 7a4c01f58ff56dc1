// The cruncher: one job, in a process of its own. With arguments it serves a person, without any a server.

#include <unistd.h>

#include <string_view>

#include "cruncher/command_line.h"
#include "cruncher/fork_server.h"
#include "cruncher/sandbox.h"
#include "cruncher/service.h"

namespace {

int serve_one_job() {
  cruncher::enter_sandbox(cruncher::Parent::server);
  return cruncher::serve_one_request();
}

int run(int argc, char** argv) {
  if (argc == 2 && argv[1] == std::string_view("--fork-server")) return cruncher::serve_forks(serve_one_job);
  if (argc > 1) return cruncher::run_command_line({argv + 1, argv + argc});
  return serve_one_job();
}

}  // namespace

int main(int argc, char** argv) {
  _exit(run(argc, argv));  // at once: there is nothing to flush, and freeing would only cost time
}
