#pragma once
// Tells the service manager (systemd) how the server is, by sd_notify(3)'s protocol. Does nothing where
// nobody asked. Called by main.

#include <string_view>

namespace server {

/// `state` as in sd_notify(3): "READY=1", "STOPPING=1".
void notify_service_manager(std::string_view state);

}  // namespace server
