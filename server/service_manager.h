#pragma once
// Tells the service manager (systemd) how the server is, by sd_notify(3)'s protocol. Does nothing where
// nobody asked. Called by main.

#include <chrono>
#include <optional>
#include <string_view>

namespace server {

/// `state` as in sd_notify(3): "READY=1", "STOPPING=1", "WATCHDOG=1".
void notify_service_manager(std::string_view state);

/// How often "WATCHDOG=1" is to be told: half of what systemd waits (WatchdogSec=). Nothing where it does
/// not.
std::optional<std::chrono::milliseconds> watchdog_interval();

}  // namespace server
