#pragma once
// Which signal means what to the server. Knows no object of it. Called by main, startup and lifecycle.

#include <boost/asio/signal_set.hpp>

#include "server/loop/loop.h"

namespace server {

/// Ignores those that must not end the server: SIGPIPE, SIGXFSZ, SIGUSR2, SIGALRM; and those that it will
/// listen to, but for the ones that end it. To be called first.
void ignore_signals();

/// Listens from now on: what comes before somebody waits is kept. SIGTERM, SIGINT and SIGQUIT end the server;
/// is_for_log() the others.
void listen_to_signals(asio::signal_set& signals);

/// SIGHUP and, as in nginx, SIGUSR1: the log is to be opened anew.
bool is_for_log(int signal);

}  // namespace server
