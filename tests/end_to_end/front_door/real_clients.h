#pragma once
// Requests byte for byte as well-known clients send them.

#include <span>

namespace real_clients {

struct Sent {
  const char* client;
  const char* bytes;
};

std::span<const Sent> requests();

}  // namespace real_clients
