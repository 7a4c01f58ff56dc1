#include "server/signals.h"

#include <signal.h>

namespace server {

void ignore_signals() {
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGUSR2, SIGALRM, SIGHUP, SIGUSR1}) ::signal(signal, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);  // inherited as ignored, the kernel would reap behind our back
}

void listen_to_signals(asio::signal_set& signals) {
  for (const int signal : {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1}) signals.add(signal);
}

bool is_for_log(int signal) {
  return signal == SIGHUP || signal == SIGUSR1;
}

}  // namespace server
