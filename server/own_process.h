#pragma once
// What the server's own process is made before it serves: its signals, descriptors, memory, sockets and user.
// Knows no object of the server. Called by main.

#include <vector>

#include "server/front_door/endpoint.h"
#include "server/options.h"
#include "server/refused_start.h"

namespace server {

struct Sockets {
  std::vector<front_door::Endpoint> clients, operators;
};

/// Opens the sockets, and then becomes --user for good. To be called before there is a second thread. Throws
/// RefusedStart, or std::runtime_error where a socket cannot be had.
Sockets prepare_process(const Options& options);

/// Of clients, where operators have sockets of their own: the descriptors for these are kept back.
front_door::Limits limits_beside_operators(const Options& options);
/// Of operators: apart from everybody's, so that these find room where there is none for others.
front_door::Limits limits_of_operators(front_door::Limits limits);

}  // namespace server
