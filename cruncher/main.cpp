// The cruncher: one job, in a process of its own. With arguments it serves a person, without any a server.

#include <unistd.h>

#include "cruncher/command_line.h"
#include "cruncher/sandbox.h"
#include "cruncher/service.h"

int main(int argc, char** argv) {
  if (argc > 1) _exit(cruncher::run_command_line({argv + 1, argv + argc}));
  cruncher::enter_sandbox(cruncher::Parent::server);
  _exit(
      cruncher::serve_one_request());  // at once: there is nothing to flush, and freeing would only cost time
}
